"""Selection of the sentences of a report that can be quoted on their own."""

import re
from dataclasses import dataclass
from itertools import pairwise

from service.domain.articles import tokenization
from service.domain.locales.codes import primary_subtag
from service.domain.search.function_words import is_function_word
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
    r"\breports?( (from|on|for)\b[^.]{0,40})?\.$|\bjoins?\b.{0,80}\b(to discuss|with)\b|"
    r"\b(live (blog|updates|coverage)|newsletters?|podcast|our (app|website|reporters?|coverage))\b|"
    r"\bhas learned\b|\bspoke (to|with) (cbs|abc|nbc|fox|cnn|bbc|sky)\b|reached out to\b|"
    r"\bcontributed to this (report|article|story)\b|\bgetty images\b|\bcourtesy of\b|"
    r"\b(via|/) ?(getty|ap|afp|reuters)\b|\bshutterstock\b|\ball rights reserved\b|"
    r"\(L-R\)|\bin an earlier appearance\b|\bfile photo\b|\bwarner bros\.$|"
    r"^\W*(data|chart|graphic|map|illustration|photo|video|source)s?:|"
    r"\b(subscribers?|paywall|free trial|promo code|affiliate)\b",
    re.IGNORECASE,
)
#: Words that refer to the sentence before, at the start of a sentence, by language.
_REFERENCES = {
    "en": r"he|she|it|they|his|her|hers|their|its|this|that|these|those|but|and|so|yet|also|"
    r"however|meanwhile|instead|then|there|we|i|our|my|you|your|such|both|one|another|others?|"
    r"neither|either|some|many|still|nor|or|after that|now|later|earlier|so far|as a result|"
    r"in (addition|response|turn|contrast)|on the other hand|for (example|instance)|by contrast|"
    r"moreover|furthermore|additionally|therefore|thus|indeed|nevertheless|nonetheless|"
    r"similarly|otherwise|separately|overall|even so|why it matters|the (former|latter)",
    "de": r"er|sie|es|dies\w*|damit|dazu|dabei|daher|doch|aber|und|auch|dort|deshalb|außerdem|wir|"
    r"ihre?[rnms]?|seine?[rnms]?|sein|zudem|allerdings|jedoch",
    "fr": r"il|elle|ils|elles|ce|cela|cette|ces|mais|et|aussi|son|sa|ses|leurs?|nous|on|toutefois|"
    r"cependant|en effet|celui-ci|celle-ci",
    "es": r"él|ella|ellos|ellas|esto|est[ae]s?|es[ae]s?|pero|y|también|sus?|nosotros|además|asimismo",
    "it": r"egli|lui|lei|loro|quest[oaei]|ma|e|anche|suo|sua|noi|inoltre|tuttavia",
    "pt": r"ele|ela|eles|elas|isso|est[ae]s?|ess[ae]s?|mas|e|também|seus?|suas?|nós|além disso",
    "nl": r"hij|zij|ze|het|dit|dat|deze|die|maar|en|ook|zijn|haar|hun|wij|we|daarnaast",
    "ru": r"он|она|оно|они|это|этот|эта|эти|но|и|а|также|его|её|ее|их|при этом|однако|мы|ранее|"
    r"кроме того|по его словам|по её словам",
    "uk": r"він|вона|воно|вони|це|цей|ця|ці|але|і|й|та|також|його|її|їх|при цьому|однак|ми",
    "pl": r"on|ona|ono|oni|one|to|ten|ta|te|ale|i|a|także|jego|jej|ich|my|jednak",
    "tr": r"o|onlar|bu|bunun|şu|ama|ancak|fakat|ve|ayrıca|biz|öte yandan",
    "ar": r"هو|هي|هم|هذا|هذه|ذلك|تلك|لكن|ولكن|كما|وقال|وأضاف|وأوضح|وأكد|وذكر|وأشار|وتابع",
    "fa": r"او|وی|آنها|این|آن|اما|ولی|همچنین|و",
}
_CONTEXT_DEPENDENT = {
    language: re.compile(rf"^\W*(?:{words})\b", re.IGNORECASE)
    for language, words in _REFERENCES.items()
}
_UNSPACED_REFERENCES = re.compile(
    r"^[\W_]*(?:他|她|它|这|這|此|该|該|但|而|同时|同時に?|これ|この|それ|その|しかし|また|一方|なお|さらに|เขา|เธอ|แต่|และ|โดย|ซึ่ง|ทั้งนี้)"
)
#: A pronoun that refers back, before the first name in the sentence.
_UNNAMED_START = re.compile(
    r"^\W*\w+(?:\W+(?:[a-z][\w’'-]*|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)){0,6}?"
    r"\W+(?:he|she|they|his|her|their|him|them)\b"
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
    r"^\W*[A-Z][\w ]*/[A-Z]|^\W*[A-Z]{3,}[^.]{0,40}\s[–—-]{1,2}\s*$"
)
#: A sentence with a time at its end and without such a verb is a caption: "The dam last month."
_VERB = re.compile(
    r"\b(is|are|be|been|had|will|would|can|could|may|might|must|should|do|did|won|lost|said|told|"
    r"made|took|went|came|got|left|found|held|met|set|put|cut|hit|led|sent|spent|began|became|fell|"
    r"rose|gave|saw|shot|fought|struck|broke|spoke|drew|blew|shook|have|[a-z]{2,}(?:ed|s))\b"
)
#: A name and a verb after a noun. This is a new sentence unless the noun is a role:
#: "in the official residence Karsia has opened".
_NAME_AFTER_NOUN = re.compile(
    r"\b(?P<noun>[a-z]{3,}) (?:[A-Z][\w’'-]+ ){1,3}(?:is|was|has|have|had|said|says|[a-z]{3,}ed)\b"
)
#: Endings of roles and of verbs. `_ROLES` lists roles and verbs without such an ending.
_ROLE_ENDS = ("ed", "s", "er", "or", "ist", "ian", "ant", "ent", "man", "ing", "ess", "ive", "ary")
_ROLES = frozenset(
    [
        "judge",
        "candidate",
        "nominee",
        "attorney",
        "coach",
        "chief",
        "head",
        "star",
        "prince",
        "duke",
        "rookie",
        "legend",
        "pop",
        "aide",
        "ally",
        "said",
        "told",
        "wife",
        "husband",
        "son",
        "brother",
        "mother",
        "father",
        "sister",
        "daughter",
        "spokesperson",
    ]
)
#: The name of a photographer's agency or of a broadcaster before a sentence.
_CREDIT = re.compile(
    r"^\W*(?:ABC|NBC|CBS|CNN|BBC|HBO|AP|AFP|Reuters|Getty|Fox News|C-SPAN|MSNBC|YouTube|Instagram|"
    r"TikTok|Facebook)(?:/\w+)? (?!News|Sports|Digital|World|Radio)[A-Z][a-z]+[ ’']"
)
#: The caption of a photo: a view, or people in the present tense and the date of the photo.
_PHOTO = re.compile(
    r"^\W*An? (?:general|aerial|file|drone) view\b|\b(?:is|are) (?:seen|pictured|shown) "
    r"(?:at|in|on|during|outside|near)\b|"
    r"\b(?:arrives?|appears?|attends?|speaks?|walks?|stands?|poses?|waves?|gestures?|listens?|"
    r"looks?|sits?|smiles?|departs?|boards?|performs?|reacts?)\b.*\bon [A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}\b"
)
_TIME_AT_END = re.compile(r"\b(?:last|this|on|in|earlier) (?:[A-Z]?[a-z]+|\d{4})\.$")
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
    sentences that need the sentence before them. `language` is an ISO 639 code, or empty.
    """
    beginning = split_sentences(text[:_MAX_LEAD_CHARACTERS])[:_MAX_LEAD_SENTENCES]
    is_whole = len(beginning) == 1 and len(text) <= _MAX_UNMARKED_CHARACTERS
    return [
        QuotableSentence(sentence.text, depth)
        for depth, sentence in enumerate(beginning)
        if _is_finished(sentence, is_whole_text=is_whole)
        and stands_alone(sentence.text, language, depth)
    ]


def stands_alone(sentence: str, language: str, depth: int = 0) -> bool:
    """Whether a finished sentence can be understood without its neighbours."""
    if _PROMOTION.search(sentence) or _is_question(sentence) or not _has_quotable_length(sentence):
        return False
    if has_unspaced_script(sentence):
        return not _UNSPACED_REFERENCES.search(sentence)
    language = primary_subtag(language) or "en"
    reference = _CONTEXT_DEPENDENT.get(language)
    if reference is not None and reference.search(sentence):
        return False
    if not _has_whole_quotations(sentence) or sentence[0].islower():
        return False
    return language != "en" or _is_plain_english(sentence, depth)


def _is_finished(sentence: Sentence, *, is_whole_text: bool) -> bool:
    if _ELLIPSIS.search(sentence.text):
        return False
    return sentence.complete or is_whole_text or ends_without_mark(sentence.text)


def _has_quotable_length(sentence: str) -> bool:
    words = [part for word in tokenization.words(sentence) for part in segment(word)]
    longest = _MAX_UNSPACED_WORDS if has_unspaced_script(sentence) else _MAX_WORDS
    return _MIN_WORDS <= len(words) <= longest


def _is_question(sentence: str) -> bool:
    return sentence.rstrip("\"'”’»」』) ").endswith(("?", "؟", "？", "!"))


def _has_whole_quotations(sentence: str) -> bool:
    """Whether quotation marks are paired, and the sentence does not begin with a quotation."""
    plain = sentence.translate(_QUOTATION_MARKS)
    return plain.count('"') % 2 == 0 and not plain.lstrip().startswith('"')


def _is_plain_english(sentence: str, depth: int) -> bool:
    own = _QUOTED.sub(" ", sentence.translate(_QUOTATION_MARKS))
    is_caption = _TIME_AT_END.search(own) and not _VERB.search(own)
    if (
        is_caption
        or _PHOTO.search(own)
        or _CREDIT.search(sentence)
        or _has_two_sentences(own)
        or _RUN_ON.search(sentence)
        or _FIRST_OR_SECOND_PERSON.search(own)
    ):
        return False
    if JUDGEMENT.search(own):
        return False
    return not _UNNAMED_START.search(sentence) and _names_its_subject(sentence, depth)


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
    """Whether a sentence has a name near its start, if it is not the first or starts with "The"."""
    first, *words = sentence.split()[:_NAME_WITHIN]
    if depth == 0 and first.lower() not in {"the", "as", "with", "while", "after", "under"}:
        return True
    return any(word.strip("“\"'(‘")[:1].isupper() for word in words)
