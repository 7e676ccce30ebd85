"""Sentences that need the sentence before them, or are only a part of a sentence."""

import re

from service.domain.locales.codes import language_or_english
from service.domain.text.scripts import has_unspaced_script

#: Words that refer to the sentence before, at the start of a sentence, by language.
_REFERENCES = {
    "en": r"he|she|it|they|his|her|hers|their|its|this|that|these|those|but|and|so|yet|also|"
    r"however|meanwhile|instead|then|there|we|i|our|my|you|your|such|both|one|another|others?|"
    r"neither|either|some|many|still|nor|or|after (?:that|all)|now|later|earlier|so far|as a result|"
    r"in (addition|response|turn|contrast)|on the other hand|for (example|instance)|by contrast|"
    r"moreover|furthermore|additionally|therefore|thus|indeed|nevertheless|nonetheless|"
    r"similarly|otherwise|separately|overall|even|why it matters|the (former|latter)",
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
    "ar": r"هو|هي|هم|هذا|هذه|ذلك|تلك|لكن|ولكن|كما|وقال|وأضاف|وأوضح|وأكد|وذكر|وأشار|وتابع|"
    r"من جانبه|من جانبها|بدوره|بدورها|وفي هذا السياق",
    "fa": r"او|وی|آنها|این|آن|اما|ولی|همچنین|و",
}
_UNSPACED_REFERENCES = re.compile(
    r"^[\W_]*(?:他|她|它|其|这|這|此|该|該|但|而|同时|对此|對此|为此|為此|据此|同時に?|これ|この|こうした|それ|その|しかし|"
    r"また|一方|なお|さらに|同社|同氏|เขา|เธอ|แต่|และ|โดย|ซึ่ง|ทั้งนี้)"
)
#: Words that begin a clause without a statement: "Why the ferry hit the pier." German and Russian
#: words for "how" are missing, because they also mean "as": "as the police said".
_QUESTION_WORDS = {
    "en": "why|how|what",
    "de": "warum|wieso|weshalb",
    "fr": "pourquoi|comment",
    "es": "por qué|cómo|qué",
    "it": "perché",
    "pt": "por que",
    "nl": "waarom|hoe",
    "ru": "почему|зачем",
    "uk": "чому|навіщо",
    "pl": "dlaczego",
    "tr": "neden|nasıl",
    "ar": "لماذا|كيف",
    "fa": "چرا|چگونه|چطور",
    "zh": "为什么|為什麼|为何|為何|如何",
    "ja": "なぜ|どうして",
}
#: Prepositions at the start of a sentence, and pronouns that may be the subject after them.
_LATER_SUBJECTS = {
    "en": (
        "in|during|at|on|for|by|with|over|under|since|despite|following|according to",
        "it|they|this|that|these|those",
    ),
    "de": ("in|im|bei|am|an|nach|vor|auf|mit|seit|laut|zu[mr]?", "er|wir"),
    "fr": (
        "dans|lors|aux?|à|en|pour|après|depuis|malgré|selon|avec|sur",
        "elles?|ils|celui-ci|celle-ci|cela",
    ),
    "es": ("en|durante|tras|según|con|desde|para|por", "él|ellos|ellas?"),
    "it": ("in|nel|durante|dopo|secondo|con|per", "egli|lui|lei|loro|essi"),
    "pt": ("em|n[oa]s?|durante|após|segundo|com|para|por", "eles?|elas?"),
    "nl": ("in|bij|tijdens|na|voor|op|met|sinds|volgens", "hij|zij|wij"),
    "ru": ("в|во|на|по|после|при|до|с|из|из-за", "он|она|они|оно"),
    "uk": ("в|у|на|по|після|при|до|з|із|через", "він|вона|вони|воно"),
}
#: Words that add something to the sentence before, unless the sentence is the first.
_ADDITIONS = {
    "en": "also|too|as well|then",
    "de": "auch|ebenfalls|ebenso|zudem",
    "fr": "aussi|également|par ailleurs",
    "es": "también|además|asimismo",
    "it": "anche|inoltre",
    "pt": "também|além disso",
    "nl": "ook|eveneens",
    "ru": "также|тоже",
    "uk": "також|теж",
    "pl": "także|również|też",
    "tr": "ayrıca|dahi",
    "ar": "أيضا|أيضاً|كذلك|كما",
    "fa": "همچنین|نیز",
    "zh": "也|还|還|亦",
    "ja": "さらに|併せて",
}
#: A label without punctuation before a pronoun: "Pictures It's been a year".
_LABELLED_START = re.compile(r"^\W*[A-Z]\w+ (?:It|He|She|They|This|That|We|I)(?:['’]\w+)? [a-z]")
#: An English preposition or conjunction and up to six words that are not names, before a pronoun.
_UNNAMED_START = re.compile(
    r"^\W*(?:in|during|at|on|for|by|with|over|under|since|despite|following|after|before|as|while|"
    r"when|if|though|although|because|once|until|[a-z]+ing)\b"
    r"(?-i:(?:\W+(?:[a-z][\w’'-]*|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)){0,6}?"
    r"\W+(?:he|she|they|it|his|her|their|its|him|them)\b)",
    re.IGNORECASE,
)


def _at_start(patterns: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {
        language: re.compile(rf"^[\W_]*(?:{pattern})", re.IGNORECASE)
        for language, pattern in patterns.items()
    }


_DEPENDENT_STARTS = _at_start(
    {language: rf"(?:{words})\b" for language, words in _REFERENCES.items()}
)
_QUESTION_STARTS = _at_start(
    {
        language: words if language in {"zh", "ja"} else rf"(?:{words})\b"
        for language, words in _QUESTION_WORDS.items()
    }
)
_LATE_PRONOUNS = _at_start(
    {
        language: rf"(?:{prepositions})\b[^,;:]{{2,80}}?,? (?:{pronouns})\b"
        if language in {"de", "nl", "ru", "uk"}  # without a comma
        else rf"(?:{prepositions})\b[^,;:]{{2,80}}?, (?:{pronouns})\b"
        for language, (prepositions, pronouns) in _LATER_SUBJECTS.items()
    }
)


_ADDED = {
    language: re.compile(
        words if language in {"zh", "ja"} else rf"\b(?:{words})\b(?![\w ]*[”\"»])", re.IGNORECASE
    )
    for language, words in _ADDITIONS.items()
}


#: A participle and its object before a pronoun: "Citing the Orlan report, it rejected the plan".
_PARTICIPLE_START = re.compile(
    r"^\W*(?!During\b|According\b)[A-Z][a-z]+ing\b[^,;:]{2,80}, (?:it|they|he|she)\b"
)


def needs_context(sentence: str, language: str, depth: int = 0) -> bool:
    """Whether a sentence refers to the one before, or is an indirect question without a statement.

    `language` is an ISO 639 code; an unknown one counts as English. `depth` is the number of
    sentences before.
    """
    if has_unspaced_script(sentence) and _UNSPACED_REFERENCES.search(sentence):
        return True
    language = language_or_english(language)
    patterns = (_DEPENDENT_STARTS, _QUESTION_STARTS, _LATE_PRONOUNS)
    if any(language in each and each[language].search(sentence) for each in patterns):
        return True
    if depth > 0 and language in _ADDED and _ADDED[language].search(sentence):
        return True
    return language == "en" and bool(
        _UNNAMED_START.search(sentence)
        or _LABELLED_START.search(sentence)
        or _PARTICIPLE_START.search(sentence)
    )
