"""Topic of a story: the words of its titles and leads."""

from collections import Counter
from collections.abc import Sequence

from service.domain.articles import tokenization
from service.domain.articles.model import Article
from service.domain.stories.wording.stems import content_words

#: Minimum content words that a sentence shares with titles and leads of the story; numbers count.
_MIN_SHARED_WORDS = 2


class Topic:
    """The content words of a story: those of its titles, and of the leads of other articles."""

    def __init__(self, story: Sequence[Article]) -> None:
        self._titles = {word for each in story for word in title_words(each)}
        self._leads = {
            each.id: set(content_words(tokenization.lead(each), each.lang)) for each in story
        }
        self._articles = Counter(word for words in self._leads.values() for word in words)

    def is_shared(self, sentence: str, article: Article) -> bool:
        """Whether a sentence of an article shares enough words with the story."""
        words = set(content_words(sentence, article.lang))
        shared = {
            word for word in words if word in self._titles or self._is_in_others(word, article)
        }
        return len(shared) >= min(_MIN_SHARED_WORDS, len(self._titles))

    def _is_in_others(self, word: str, article: Article) -> bool:
        return self._articles[word] > (word in self._leads[article.id])


def title_words(article: Article) -> list[str]:
    """Return the content words of a title."""
    return content_words(tokenization.compared_title(article), article.lang)


def title_and_lead(article: Article) -> str:
    """Return the title of an article and the beginning of its text."""
    return f"{tokenization.compared_title(article)}\n{tokenization.lead(article)}"
