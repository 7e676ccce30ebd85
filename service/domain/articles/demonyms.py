"""Demonyms: English adjectives and abbreviations of countries, as the name of the country."""

_IRREGULAR = {
    "afghan": "afghanistan",
    "american": "america",
    "u.s": "america",
    "us": "america",
    "usa": "america",
    "argentine": "argentina",
    "belgian": "belgium",
    "brazilian": "brazil",
    "british": "britain",
    "briton": "britain",
    "u.k": "britain",
    "uk": "britain",
    "canadian": "canada",
    "chinese": "china",
    "danish": "denmark",
    "dutch": "netherland",
    "egyptian": "egypt",
    "filipino": "philippine",
    "finnish": "finland",
    "french": "france",
    "german": "germany",
    "greek": "greece",
    "hungarian": "hungary",
    "iranian": "iran",
    "iraqi": "iraq",
    "irish": "ireland",
    "israeli": "israel",
    "italian": "italy",
    "japanese": "japan",
    "kazakh": "kazakhstan",
    "lebanese": "lebanon",
    "norwegian": "norway",
    "pakistani": "pakistan",
    "palestinian": "palestine",
    "peruvian": "peru",
    "polish": "poland",
    "portuguese": "portugal",
    "scottish": "scotland",
    "spanish": "spain",
    "swedish": "sweden",
    "swiss": "switzerland",
    "thai": "thailand",
    "turkish": "turkey",
    "ukrainian": "ukraine",
    "uzbek": "uzbekistan",
    "vietnamese": "vietnam",
    "welsh": "wales",
}
#: Demonyms that only add an n to the country.
_REGULAR_ENDING = "an"
_MIN_LETTERS = 6


def country_of(word: str) -> str:
    """Return the country of a demonym; any other word unchanged.

    `word` is in lower case. The regular ending also shortens other words, which is harmless where
    the same words are shortened on both sides.
    """
    if country := _IRREGULAR.get(word):
        return country
    regular = len(word) >= _MIN_LETTERS and word.endswith(_REGULAR_ENDING)
    return word[:-1] if regular else word
