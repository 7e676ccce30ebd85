"""Demonyms: English adjectives and abbreviations of countries, as the name of the country."""

from functools import cache, lru_cache

from service.domain.locales.names import country_words

_IRREGULAR = {
    "afghan": "afghanistan",
    "american": "america",
    "argentine": "argentina",
    "azerbaijani": "azerbaijan",
    "bahraini": "bahrain",
    "bangladeshi": "bangladesh",
    "belgian": "belgium",
    "brazilian": "brazil",
    "british": "britain",
    "briton": "britain",
    "canadian": "canada",
    "chilean": "chile",
    "chinese": "china",
    "congolese": "congo",
    "croat": "croatia",
    "cypriot": "cyprus",
    "danish": "denmark",
    "dutch": "netherland",
    "ecuadorian": "ecuador",
    "egyptian": "egypt",
    "filipino": "philippine",
    "finnish": "finland",
    "french": "france",
    "german": "germany",
    "ghanaian": "ghana",
    "greek": "greece",
    "hungarian": "hungary",
    "icelandic": "iceland",
    "iranian": "iran",
    "iraqi": "iraq",
    "irish": "ireland",
    "israeli": "israel",
    "italian": "italy",
    "japanese": "japan",
    "jordanian": "jordan",
    "kazakh": "kazakhstan",
    "kuwaiti": "kuwait",
    "kyrgyz": "kyrgyzstan",
    "lebanese": "lebanon",
    "maltese": "malta",
    "mexican": "mexico",
    "moroccan": "morocco",
    "nepali": "nepal",
    "norwegian": "norway",
    "omani": "oman",
    "pakistani": "pakistan",
    "palestinian": "palestine",
    "peruvian": "peru",
    "polish": "poland",
    "portuguese": "portugal",
    "qatari": "qatar",
    "scottish": "scotland",
    "senegalese": "senegal",
    "serb": "serbia",
    "slovak": "slovakia",
    "slovene": "slovenia",
    "somali": "somalia",
    "spanish": "spain",
    "sudanese": "sudan",
    "swedish": "sweden",
    "swiss": "switzerland",
    "taiwanese": "taiwan",
    "tajik": "tajikistan",
    "thai": "thailand",
    "turkish": "turkey",
    "turkmen": "turkmenistan",
    "u.k": "britain",
    "u.s": "america",
    "uk": "britain",
    "ukrainian": "ukraine",
    "us": "america",
    "usa": "america",
    "uzbek": "uzbekistan",
    "vietnamese": "vietnam",
    "welsh": "wales",
    "yemeni": "yemen",
}
#: Demonyms that only add an n to the country.
_REGULAR_ENDING = "an"
_MIN_LETTERS = 6


@cache
def country_names() -> frozenset[str]:
    """Return the names of countries of one word as `country_of` returns them, also in plural."""
    names = {country_of(word) for word in country_words()} | set(_IRREGULAR.values())
    return frozenset(names | {name.removesuffix("s") for name in names})


@lru_cache(maxsize=1 << 16)
def country_of(word: str) -> str:
    """Return the country of a demonym; any other word unchanged.

    `word` is in lower case. The regular ending also shortens other words, which is harmless where
    the same words are shortened on both sides.
    """
    if country := _IRREGULAR.get(word):
        return country
    if len(word) < _MIN_LETTERS or not word.endswith(_REGULAR_ENDING) or word in country_words():
        return word
    return word[:-1]
