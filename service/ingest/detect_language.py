"""The language an article is in: what its feed says, unless its text plainly says otherwise.

Feeds often declare nothing, or the default of their publishing software. Detection is py3langid's
(Lui and Baldwin 2012) over the languages that newspapers are likely to be in: with all 139
it misreads one English headline in ten, mostly as a creole.
"""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

#: Characters that are looked at; more adds cost, not certainty.
CHARACTERS = 400
#: A text without a declared language is in the one detected with this probability, else unknown.
BELIEVED = 0.5
#: A declared language is overruled by one detected with this probability,
PLAIN = 0.9
#: in a text of so many characters.
PLAIN_CHARACTERS = 60

#: ISO 639-1; a headline in any of the rarer ones keeps what its feed declares.
_DETECTED = """
af am ar as az be bg bn bs ca cs da de el en es et eu fa fi fr gu ha he hi hr hu hy id is it ja ka
kk km kn ko ku ky lo lt lv mk ml mn mr ms my ne nl no or pa pl ps pt ro ru si sk sl so sq sr sv sw
ta te th tl tr ug uk ur uz vi zh
"""
DETECTED = frozenset(_DETECTED.split())
#: Languages so near that a declared one is believed against its neighbours.
_NEAR = tuple(
    frozenset(names.split())
    for names in (
        "no nb nn da sv",
        "sr hr bs sh sl mk bg",
        "ru uk be bg",
        "cs sk",
        "id ms",
        "es ca pt gl",
        "hi mr ne",
        "af nl",
        "fa ps ur ku",
        "az tr",
        "kk ky",
        "tl fil",
        "zh yue",
    )
)


def language_of(declared: str, title: str, text: str = "") -> str:
    """The declared language tag, or the detected ISO 639-1 code, or "" where neither is known.

    A declared language stands, its region with it, unless a text of some length is almost surely
    in another one that is not easily taken for it.
    """
    sample = " ".join(f"{title} {text[:CHARACTERS]}".split())[:CHARACTERS]
    if declared and len(sample) < PLAIN_CHARACTERS:
        return declared
    found, probability = detected(sample)
    if not declared:
        return found if probability >= BELIEVED else ""
    return found if probability >= PLAIN and _plainly_other(declared, found) else declared


def detected(text: str) -> tuple[str, float]:
    """The most probable of the `DETECTED` languages and its probability; "" and 0 without letters."""
    if not any(character.isalpha() for character in text):
        return "", 0.0
    name, probability = _identifier().classify(text.encode(errors="replace").decode())
    return str(name), float(probability)


def _plainly_other(declared: str, found: str) -> bool:
    primary = declared.lower().partition("-")[0]
    near = any({primary, found} <= group for group in _NEAR)
    return primary in DETECTED and primary != found and not near


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    """The model, read once; it takes about a second."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(DETECTED)
    return identifier
