"""Flaws of titles: questions, teasers, features, live pages, quotations and loaded words."""

import re

from service.domain.locales.codes import primary_subtag

_MIN_WORDS, _MAX_CHARACTERS = 3, 140
#: A title with a larger share of capitals among its cased letters counts as all caps.
_MAX_UPPERCASE_SHARE = 0.7
#: The start of a title, or of its part after a colon or a dash.
_START = r"(?:^|[:|–—]\s*|\s-\s)[\W_]*"

_LIVE_OR_ROUNDUP = re.compile(
    r"\b(live (updates?|blog|coverage|feed|stream)|as it happened|follow live|"
    r"(morning|evening|daily|news) (briefing|update|digest|roundup)|in pictures|podcast|quiz|"
    r"watch live)\b|^(live|watch|video|photos|update)\b\s*[:|–-]|[-–|:]\s*live\b|"
    r"\blive(:|\s+[–|-]\s)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？؟]|^\W*¿")
_QUESTION_WORD = {
    "en": r"who|what|why|how|when|where|which|whose",
    "de": r"wer|was|warum|wieso|weshalb|wie|wann|wo|welche[rsnm]?",
    "fr": r"qui|que|pourquoi|comment|quand|où|quel(le)?s?",
    "es": r"quién(es)?|qué|por qué|cómo|cuándo|dónde|cuál(es)?",
    "it": r"chi|che cosa|cosa|perché|come|quando|dove|quale",
    "pt": r"quem|o que|por que|como|quando|onde|qual",
    "nl": r"wie|wat|waarom|hoe|wanneer|waar|welke",
    "ru": r"кто|что|почему|зачем|как|когда|где|какой|какие",
    "uk": r"хто|що|чому|навіщо|як|коли|де|який|які",
    "pl": r"kto|co|dlaczego|jak|kiedy|gdzie|który",
    "tr": r"kim|ne|neden|niçin|nasıl|nerede|hangi",
    "ar": r"من هو|ماذا|لماذا|كيف|متى|أين|هل",
    "fa": r"چه کسی|چرا|چگونه|چطور|کجا|آیا",
}
_QUESTION_START = {
    language: re.compile(rf"{_START}(?:{words})\b", re.IGNORECASE)
    for language, words in _QUESTION_WORD.items()
}
_FEATURE = re.compile(
    rf"{_START}(those|these|this is|here(’|')?s|here are|meet|inside|behind the|watch|see it|look|"
    r"listen|sorry|imagine|forget|opinion|analysis|explainer|explained|fact[- ]check|review|recap|"
    r"preview|profile|timeline|q&a|column|from [‘“'\"]|outrage as|if you|map shows|everything)\b|"
    r"\b(takeaways?|chances of|(things|what) (you (need )?)?to know|what we know|need to know|"
    r"the (true|real|full|inside|untold) story|story (of|behind)|reacts? to|reactions? to|"
    r"details (behind|of .* revealed)|drastic step|mysterious|to watch\b|timeline update|"
    r"what we learned|this is why|hints at|honest assessment|what(’|')s to come|(gives|shares|new|raw) (\w+ )?update|"
    r"speaks out|opens up|breaks (her|his|their) silence|gets honest|goes there|"
    r"biggest (bombshells|moments)|reasons (why|to)|ways to|lessons from|much[- ]needed|"
    r"gets (clarity|good news|bad news)|spots why|reveals what|scandal:|updates?:)\b|"
    r"\b(explained|explainer|fact[- ]check|in photos|photo gallery|first look)\W*$",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"^\W*[‘“\"«„'].*[’”\"»']\s*[:,–—-]|^[^:]{3,60}:\s+(?:[‘“\"«„']|I\b|We\b)")
_LABEL = re.compile(
    r"^\W*(exclusive|breaking|just in|first on \w+|report|scoop|update|alert|must[- ]see)\s*[:|–—-]",
    re.IGNORECASE,
)
#: Strong words, in titles and in sentences.
LOADED = re.compile(
    r"\b(blast(s|ed)?|slam(s|med)?|rip(s|ped)|bombshells?|shock(s|ing|ed)?|stunn(ed|ing|er)|outrage|"
    r"wild|viral|explosive|fumes?|jabs?|erupts (at|over)|insult(s|ed)?|roasts?|wows|illegals|"
    r"peddle|destroys|disgraced|heartburn|gruesome|heartbreaking|chilling)\b|!",
    re.IGNORECASE,
)
#: Words of judgement or mockery: a sentence with one is not quoted.
JUDGEMENT = re.compile(
    r"\b(bizarre|unleash(es|ed)|goons?|twisted|crackpot|bust(ed|s)|trash(es|ing|ed)|spurned|"
    r"torch(es|ed)|hilarious|insane|miraculously|meltdown|melts? down|unhinged|vile|claps? back|"
    r"savage|jaw-dropping|goes off|dunks|humiliat\w+|stupid|crazy|drops jaws|sore losers?|woke|"
    r"smack(s|ed)? down|bonkers|screws up|flops?|fantasy|embarrass(ing|es)|spectacularly|"
    r"pathetic|cornered|blonde|horror|cuck|rino|freak-out|thirst(s|ed) (for|after)|disastrous|brutal dictator|baseless|"
    r"idiot\w*|moron\w*|radical left|far-left|clown|hell-?hole|peripatetic|theatrics)\b",
    re.IGNORECASE,
)

#: Weights of flaws, powers of two: each flaw outweighs all lighter flaws together.
_EMPTY, _NOT_PLAIN, _QUOTED, _LOADED_WORDS, _LENGTH = 64, 16, 4, 2, 1
#: A title with a smaller penalty is plain.
PLAIN_BELOW = 2 * _QUOTED


def style_penalty(title: str, language: str = "") -> int:
    """Penalty of a title as a headline; 0 for a plain title.

    An empty title has the highest penalty. Lower penalties follow in this order: a question, a
    feature, a live page or capitals; a quotation or a label; loaded words; an unusual length.
    """
    title = title.strip()
    flaws = {
        _EMPTY: not title,
        _NOT_PLAIN: is_mostly_uppercase(title)
        or _is_question(title, language)
        or bool(_LIVE_OR_ROUNDUP.search(title) or _FEATURE.search(title)),
        _QUOTED: bool(_QUOTATION.search(title) or _LABEL.search(title)),
        _LOADED_WORDS: bool(LOADED.search(title) or JUDGEMENT.search(title)),
        _LENGTH: len(title) > _MAX_CHARACTERS
        or (title.isascii() and len(title.split()) < _MIN_WORDS),
    }
    return sum(weight for weight, applies in flaws.items() if applies)


def is_mostly_uppercase(title: str) -> bool:
    """Whether most letters of a title are capitals."""
    cased = [letter for letter in title if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in cased) > _MAX_UPPERCASE_SHARE * len(cased)


def _is_question(title: str, language: str) -> bool:
    starts = _QUESTION_START.get(primary_subtag(language) or "en")
    return bool(_QUESTION.search(title) or (starts and starts.search(title)))
