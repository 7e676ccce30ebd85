"""Endings and prefixes of words that the stemmers of Postgres do not remove.

The patterns apply to a word in lower case without accents (`word_forms.fold`). Python and the SQL
functions of migrations 0055 and 0057 use them, so their syntax has the same meaning in both.
"""

import re

#: A pattern for the end of a word, and its replacement.
Rule = tuple[str, str]


def _cases(short: str, long: str) -> Rule:
    """Return the rule for case endings, which stay on short words.

    At least three letters precede a short ending, and four a long one. In Postgres, groups are
    much faster than a lookbehind.
    """
    return f"([^ ]{{3}})(?:{short})|([^ ]{{4}})(?:{long})", r"\1\2"


_CZECH = (
    _cases("[aeiouy]|eho|emu|ych|ymi", "[eou]m|am|a?mi|emi|[eia]ch|[iy]m|imi|ej|ou|ov[ieay]"),
    ("([^ ]{3})c", r"\1k"),  # Amerika, Americe
    ("([^ ]{3})z", r"\1h"),  # Praha, Praze
)
#: Rules of a language, applied in order: case endings, then consonants that change before some of
#: them. Light stemming in the manner of Dolamic and Savoy, "Indexing and stemming approaches for
#: the Czech language", 2009: cases of nouns and adjectives only.
ENDINGS: dict[str, tuple[Rule, ...]] = {
    "cs": _CZECH,
    "pl": (
        _cases(
            "[aeouy]|ii?|i[aeou]|i?ego|i?emu|ych|ymi",
            "i?(?:em|om|ami|ach|ow|owi|owie|ej|ich|im|imi|ym)",
        ),
        ("([^ ]{2}s)c", r"\1k"),  # Polska, Polsce
        ("([^ ]{4}n)c", r"\1t"),  # prezydent, prezydencie
        ("([^ ]{2}d)z", r"\1"),  # rząd, rządzie
        ("([^ ]{3}r)z", r"\1"),  # premier, premierzy
    ),
    "sk": _CZECH,
    "uk": (
        _cases(
            "[аеєиіїоуюяьй]|ий|ого|ому|их|ими|ої",
            "[оеє]ю|[оеєаяи]м|[ая]ми|[ая]х|[іїо]в|[оеє]ві|ов[аоу]|овом",
        ),
        ("([^ ]{3})ц", r"\1к"),  # Америка, Америці
        ("([^ ]{3})з", r"\1г"),  # Прага, Празі
    ),
}
#: Conjunction and article at the beginning of Arabic words, with lengths as in light10: Larkey,
#: Ballesteros and Connell, "Light stemming for Arabic information retrieval", 2007.
ARABIC_PREFIX = "[وف]?(?:ال|بال|كال|لل)(?=[^ ]{2})|و(?=[^ ]{3})"
#: Frequent words and names, without accents, whose first letter is not a preposition although it
#: looks like one. Most of them occur in 17,000 titles more than twice as often as their rest; the
#: others are names of places, and forms of these words.
ARABIC_WORDS = (
    "باحث|بارد|بارده|باريس|باسيل|باكستان|باكستاني|بايدن|بايرن|بحرين|بحريني|بدايه|بديل|بديله|"
    "برازيل|برازيلي|برامج|برتغال|برتغالي|برشلونه|برقيات|برقيه|برلمان|برلماني|برلين|برميل|برنامج|"
    "بروكسل|بريطاني|بريطانيا|بشار|بشري|بطولات|بطوله|بعثه|بغداد|بكين|بلاتينيوم|بلال|بلجيكا|"
    "بلجيكي|بلدان|بلده|بلغاريا|بناء|بندر|بنغازي|بنود|بنوك|بوابه|بوتين|بورصات|بورصه|بوركينا|"
    "بورما|بولندا|بولندي|بوليفيا|بومبيو|بيان|بيانات|بيروت|بيلاروسيا|كابوس|كابول|كاتب|كاتبه|"
    "كارثه|كازاخستان|كافه|كامل|كاميرا|كانت|كبار|كبري|كبير|كبيره|كتاب|كتايب|كتله|كراتشي|كردستان|"
    "كردي|كريستيانو|كريم|كريمه|كلمات|كلمه|كمال|كنايس|كندا|كندي|كنيسه|كهرباء|كواليس|كوبا|كوره|"
    "كورونا|كوري|كوريا|كوفيد|كولومبيا|كينيا|كييف|لاعب|لاعبين|لافروف|لاهاي|لبنان|لبناني|لجان|"
    "لجنه|لحظات|لحظه|لحوم|لطيف|لعبه|لقاء|لقاءات|لقاح|لقاحات|لندن|لواء|ليالي|ليبي|ليبيا|ليست|"
    "ليفربول|ليله"
)
#: Endings of these words: nationality, plural and possessive.
ARABIC_ENDINGS = "(?:ي|يه|يين|يون|ات|ه|ها|هم|نا|ا)?"
#: Prepositions that are written with the next word. Words of a query keep them, because many words
#: begin with these letters.
ARABIC_PREPOSITION = f"[وف]?(?!(?:{ARABIC_WORDS}){ARABIC_ENDINGS}(?![^ ]))[بلك](?=[^ ]{{3}})"
#: Plural endings of Persian.
PERSIAN_SUFFIX = "(?<=[^ ]{2})ها(?:ي|يي|يم|يت|يش|يمان|يتان|يشان)?"

_PREFIX, _PREPOSITION = (
    re.compile(f"^(?:{ARABIC_PREFIX})"),
    re.compile(f"^(?:{ARABIC_PREPOSITION})"),
)
_SUFFIX = re.compile(f"(?:{PERSIAN_SUFFIX})$")
_RULES = {
    language: tuple((re.compile(f"(?:{pattern})$"), spelling) for pattern, spelling in rules)
    for language, rules in ENDINGS.items()
}


def strip_ending(word: str, language: str) -> str:
    """Return a word in lower case without accents, without its case ending in a language."""
    if language == "fa":
        return _SUFFIX.sub("", word)
    for pattern, spelling in _RULES.get(language, ()):
        word = pattern.sub(spelling, word)
    return word


def strip_arabic_prefix(word: str) -> str:
    """Return an Arabic word without conjunction and article."""
    return _PREFIX.sub("", word)


def strip_arabic_preposition(word: str) -> str:
    """Return an Arabic word without a preposition of one letter."""
    return _PREPOSITION.sub("", word)
