"""Selection of the sentences of a report that can be quoted on their own."""

import re
from dataclasses import dataclass
from itertools import pairwise

from service.domain.articles import tokenization
from service.domain.locales.codes import language_or_english
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.sentences.captions import is_caption
from service.domain.stories.wording.sentences.glued_text import (
    cut_credit,
    cut_dateline_and_subtitle,
    has_run_of_capitals,
)
from service.domain.stories.wording.sentences.references import needs_context
from service.domain.stories.wording.title_flaws import JUDGEMENT
from service.domain.text.scripts import ends_without_mark, has_unspaced_script, segment
from service.domain.text.sentences import Sentence, split_sentences

#: Maximum sentences and characters read from the beginning of an article.
_MAX_LEAD_SENTENCES, _MAX_LEAD_CHARACTERS = 4, 2000
#: Minimum and maximum words of a sentence; words of scripts without spaces are shorter.
_MIN_WORDS, _MAX_WORDS, _MAX_UNSPACED_WORDS = 8, 42, 90
#: A text of one sentence without an end mark counts as complete up to this length.
_MAX_UNMARKED_CHARACTERS = 240
#: A sentence that begins with a word such as "The" must have a name within this many words.
_NAME_WITHIN = 5

#: Minimum letters of a word that counts as repeated.
_MIN_LENGTH = 4

_PROMOTION = re.compile(
    r"^\W*(continue reading|read (more|on|the (full|rest))|click (here|to)|sign up|subscribe|"
    r"follow (us|live|our|along|the latest|for)|watch|the post\b.*\bappeared first|advertisement|"
    r"(image|photo|picture) (credit|by|courtesy)|credit:|this (article|story|page) (was|first|has)|"
    r"looking for|scroll down|listen|pictured\b|in this\b.{0,60}\b(photo|handout|image|video)|"
    r"get (the|our|all|more)\b|join (us|our)|stay (up|tuned)|here(’|')?s (what|how|why|the|a|where)|"
    r"here (are|is)\b|find out|learn (more|how)|see (more|also|the)|check out|don(’|')t miss|"
    r"download|tune in|live updates|tap here|plus[:,]|exclusive\s*[:–-]|updated?:|breaking:|correction|"
    r"editor(’|')s note|add (another|to)|meet (the|a)|imagine|forget|"
    r"first on\b|(in|on) (tonight|today|this)(’s|'s)? (edition|episode|show|video|week(’s|'s))\b|new:|what to know|everything you need)|"
    r"\b(image|photo) credit\b|appeared first on\b|continue reading\W*$|read more\W*$|"
    r"\b(has|have) (more|the (latest|story|details))(\W*$| (on|about|from|information)\b)|"
    r"(?-i:\b[A-Z]\w+ reports( (from|on|for)\b[^.]{0,40})?\.$)|\bjoins?\b.{0,80}\b(to discuss|with)\b|"
    r"\b(live (blog|updates|coverage)|newsletters?|podcast|our (app|website|reporters?|coverage))\b|"
    r"\b(has|have) (exclusively )?learned\b|"
    r"(?-i:^\W*[A-Z]{2,5}[’']s? (?:[A-Z][\w’'-]+ ){1,4}(?:asks|speaks|talks|explains|explores|looks|reports|"
    r"examines|breaks|visits|tells)\b)|\bspoke (to|with) (cbs|abc|nbc|fox|cnn|bbc|sky)\b|reached out to\b|"
    r"\bcontributed to this (report|article|story)\b|\bgetty images\b|\bcourtesy of\b|"
    r"\b(via|/) ?(getty|ap|afp|reuters)\b|\bshutterstock\b|\ball rights reserved\b|"
    r"\(L-R\)|\bin an earlier appearance\b|\bfile photo\b|\bwarner bros\.$|"
    r"^\W*(data|chart|graphic|map|illustration|image|picture|photo|video|source|credit)s?:|"
    r"\b(subscribers?|paywall|free trial|promo code|affiliate)\b",
    re.IGNORECASE,
)
#: A sentence that only announces details.
_TEASE = re.compile(
    r"\b(?:new|more|shocking|further|chilling) details (?:have|has|were|are|about|on|emerge\w*|in)\b|"
    r"\b(?:has|have) (?:an?|some) (?:\w+ )?update\b|\breveal(?:s|ed)? (?:which|who|what|how|why|where)\b|"
    r"\bneue (?:details|einzelheiten)\b|\b(?:nouveaux|plus de) détails\b|\bnuevos detalles\b|"
    r"\bnuovi dettagli\b|\bnovos detalhes\b|\b(?:новые|стали известны) подробности\b|"
    r"\byeni (?:detaylar|ayrıntılar)\b|تفاصيل جديدة|更多细节|更多細節|新たな詳細",
    re.IGNORECASE,
)
#: Two sentences without a separator, or a picture credit before a sentence.
_RUN_ON = re.compile(
    r"(?<!\bof )(?<!\bin )\b(?!(?:told|said|says|tells|from|with|that|this|into|over|under|when|"
    r"while|after|before|because|since|than|then|until|upon|what|where|between|against|like|"
    r"called|titled|named|show|film|movie|book|song|series|for|and|but|see|via|per|not|was|are|"
    r"all|near)\b)[a-z]{3,} (?:An?|The|It|He|She|They) [A-Za-z]|^\W*[A-Z][\w.]+ [\w. ]+ ?/ ?[A-Z]|"
    r"^\W*(?:[A-Z][\w.-]+ ){1,3}(?:New|The|A|An|It|This|After|In|On|Just|Two|Three|Four) [a-z]|"
    r"^\W*(?:[A-Z][\w.-]+ (?:of )?){1,3}An? [A-Z][a-z]+ (?:of |[a-z])|"
    r"[a-z]{3,}[.!?][A-Z][a-z]|[a-z]{3,}\. [a-z]|^\W*(\w+) \1\b|^\W*(?:The|A|First on) \w+:|"
    r"^\W*[A-Z][\w’']*(?: [a-z]+){1,3}: [A-Z]|^\W*[A-Z][\w ]*/[A-Z]|^\W*[A-Z]{3,}[^.]{0,40}\s[–—-]{1,2}\s*$"
)
#: A name and a verb after a noun. This is a new sentence unless the noun is a role:
#: "in the official residence Karsia has opened".
_NAME_AFTER_NOUN = re.compile(
    r"\b(?P<noun>[a-z]{3,}) (?:(?:[A-Z][\w’'-]+ ){1,3}(?:is|was|has|have|had|said|says|[a-z]{3,}ed)|"
    r"[A-Z]\w+['’]s (?:[a-z]+ ){1,3}(?:is|was|has|have|had|will))\b"
)
#: Endings of roles and of verbs. `_ROLES` lists roles and verbs without such an ending.
_ROLE_ENDS = (
    *("ed", "s", "er", "or", "ist", "an", "ant", "ent", "ing", "ess", "ive", "ary"),
    *("al", "ic", "ous", "ble", "ish", "ful"),  # adjectives before a name
)
_ROLES = frozenset(
    {
        "judge", "candidate", "nominee", "attorney", "coach", "chief", "head", "star", "prince",
        "duke", "rookie", "legend", "pop", "aide", "ally", "said", "told", "wife", "husband", "son",
        "brother", "mother", "father", "sister", "daughter", "spokesperson", "quarterback",
        "captain", "guard", "forward", "superstar", "mom", "dad", "friend", "boyfriend",
        "girlfriend", "widow", "boss", "tycoon", "billionaire", "queen", "pope",
    }
)  # fmt: skip
#: The name of a photographer's agency or of a broadcaster before a sentence.
_BROADCASTER_START = re.compile(
    r"^\W*(?:ABC|NBC|CBS|CNN|BBC|HBO|AP|AFP|Reuters|Getty|Fox News|C-SPAN|MSNBC|YouTube|Instagram|"
    r"TikTok|Facebook)(?:/\w+)? (?!News|Sports|Digital|World|Radio)[A-Z][a-z]+[ ’']"
)
#: A noun with the words that identify it: "the captain of a boat", "the man accused of".
_IDENTIFIED = re.compile(
    r"^\W*The [\w’'-]+(?: [\w’'-]+){0,2} (?:(?:of|at|in|behind) an? |who |whose |accused of )"
)
_FIRST_OR_SECOND_PERSON = re.compile(r"\b(?:we|us|our|I|I['’]m|my|you|your|you['’]re)\b")
_QUOTATION_MARKS = str.maketrans("“”„«»", '"""""')
_QUOTED = re.compile(r'"[^"]*"')
_ELLIPSIS = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\W*$|(?:\.\.\.|…)\s*$")


@dataclass(frozen=True, slots=True)
class QuotableSentence:
    """A sentence that may be quoted, and the number of sentences before it in its text."""

    text: str
    depth: int


def quotable_sentences(text: str, language: str) -> list[QuotableSentence]:
    """Return the sentences at the beginning of a text that can stand alone.

    Excluded are fragments, questions, quotations without a speaker, promotion, captions, and
    sentences that need the sentence before them. A credit, a dateline or a subtitle before the
    first words of a sentence is cut. `language` is an ISO 639 code, or empty.
    """
    beginning = split_sentences(text[:_MAX_LEAD_CHARACTERS])[:_MAX_LEAD_SENTENCES]
    credits_at = [row for row, each in enumerate(beginning) if cut_credit(each.text) != each.text]
    after_captions = beginning[credits_at[-1] if credits_at else 0 :]
    is_whole = len(beginning) == 1 and len(text) <= _MAX_UNMARKED_CHARACTERS
    quotable = []
    for depth, sentence in enumerate(after_captions):
        own = cut_credit(sentence.text)
        if _PROMOTION.search(own) or not _is_finished(sentence, is_whole_text=is_whole):
            continue
        own = cut_dateline_and_subtitle(own, language)
        if stands_alone(own, language, depth):
            quotable.append(QuotableSentence(own, depth))
    return quotable


def stands_alone(sentence: str, language: str, depth: int = 0) -> bool:
    """Whether a finished sentence can be understood without its neighbours."""
    if (
        _PROMOTION.search(sentence)
        or _TEASE.search(sentence)
        or _is_question_or_exclamation(sentence)
    ):
        return False
    if not _has_quotable_length(sentence):
        return False
    if needs_context(sentence, language, depth) or has_run_of_capitals(sentence):
        return False
    if has_unspaced_script(sentence):
        return True
    if not _has_whole_quotations(sentence) or sentence[0].islower():
        return False
    return language_or_english(language) != "en" or _is_plain_english(sentence, depth)


def _is_finished(sentence: Sentence, *, is_whole_text: bool) -> bool:
    if _ELLIPSIS.search(sentence.text):
        return False
    return sentence.complete or is_whole_text or ends_without_mark(sentence.text)


def _has_quotable_length(sentence: str) -> bool:
    words = [part for word in tokenization.words(sentence) for part in segment(word)]
    longest = _MAX_UNSPACED_WORDS if has_unspaced_script(sentence) else _MAX_WORDS
    return _MIN_WORDS <= len(words) <= longest


def _is_question_or_exclamation(sentence: str) -> bool:
    return sentence.rstrip("\"'”’»」』) ").endswith(("?", "؟", "？", "!"))


def _has_whole_quotations(sentence: str) -> bool:
    """Whether quotation marks are paired, and the sentence does not begin with a quotation."""
    plain = sentence.translate(_QUOTATION_MARKS)
    return plain.count('"') % 2 == 0 and not plain.lstrip().startswith('"')


def _is_plain_english(sentence: str, depth: int) -> bool:
    own = _QUOTED.sub(" ", sentence.translate(_QUOTATION_MARKS))
    if (
        is_caption(own)
        or _BROADCASTER_START.search(sentence)
        or _has_two_sentences(own)
        or _RUN_ON.search(sentence)
        or _FIRST_OR_SECOND_PERSON.search(own)
    ):
        return False
    if JUDGEMENT.search(own):
        return False
    return _names_its_subject(sentence, depth)


def _has_two_sentences(sentence: str) -> bool:
    """Whether a subtitle and a sentence seem to follow each other without punctuation.

    A pair of content words then often occurs twice, or the second sentence begins with a name.
    """
    nouns = (match["noun"] for match in _NAME_AFTER_NOUN.finditer(sentence))
    return _repeats_words(sentence) or any(
        not noun.endswith(_ROLE_ENDS) and noun not in _ROLES and not is_function_word(noun, "en")
        for noun in nouns
    )


def _repeats_words(sentence: str) -> bool:
    """Whether a pair of adjacent content words occurs twice."""
    words = list(tokenization.words(sentence))
    pairs = [
        pair
        for pair in pairwise(words)
        if not any(word in tokenization.STOP_WORDS or len(word) < _MIN_LENGTH for word in pair)
    ]
    return len(set(pairs)) < len(pairs)


def _names_its_subject(sentence: str, depth: int) -> bool:
    """Whether a sentence has a name near its start, if it is not the first or starts with "The".

    A month or weekday is not a name. A relative clause also identifies a subject: "the man who".
    """
    first, *words = sentence.split()[:_NAME_WITHIN]
    if depth == 0 and first.lower() not in {"the", "as", "with", "while", "after", "under"}:
        return True
    if depth == 0 and _IDENTIFIED.search(sentence):
        return True
    names = (word.strip("“\"'(‘’,.)") for word in words)
    return any(name[:1].isupper() and not tokenization.is_dated(name.lower()) for name in names)
