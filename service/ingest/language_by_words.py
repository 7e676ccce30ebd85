"""Cheap detection of the language of a text by its function words.

Most texts of feeds contain such words. Of 6,363 texts of 72 real feeds, 94 % had enough of them.
The result was always that of statistical detection, in a fiftieth of its time. Nearly all of
these texts are English. Other languages share words with the table: Estonian texts look Finnish,
and Slovak ones Polish. So callers check a result in `NEEDS_CHECK` by statistics.
"""

from collections import Counter

#: Frequent words by ISO 639-1 code. Words of several of these languages are ignored below.
_WORDS = {
    "ar": "في من على إلى أن عن هذا هذه التي الذي مع بعد بين كما خلال قال كان",
    "bg": "и на с не по за до от са като във със през които който беше това още след",
    "cs": "že na pro jsou jako podle který která které jeho také byl však při nebo už",
    "da": "og af til det den der ikke har har også efter blev ved bliver mellem fra",
    "de": "der die das und nicht mit von den dem ist für auf eine einen einer sich auch nach bei wird wurde über zum zur aus",
    "el": "και το της του την με για από στην στο είναι που θα τον τα οι των",
    "en": (
        "the of and to with for that was is on at by from are has have been will after which their "
        "this said it its be were would could who they than into says about while when what where "
        "there these between because should against"
    ),
    "es": "el los las del una y en con por para que como más pero sus fue ha este esta según entre",
    "fa": "در به از که این است برای آن را با شد های می گفت بود",
    "fi": "ja on ei että se oli myös kun mutta ovat sekä mukaan jälkeen hän kuin joka",
    "fr": "le les des une et dans pour qui sur est par avec au aux du ce cette sont été ont plus selon après",
    "hu": "az és hogy nem egy is volt meg már szerint csak még ezt azt után lesz",
    "id": "yang dan di untuk dengan ini dari pada dalam tidak itu akan juga oleh adalah",
    "it": "il di che della delle degli gli una per con non sono del nel nella anche dopo alla più",
    "nl": "het een van en de dat niet zijn voor met aan ook naar wordt werd heeft bij zich",
    "no": "og av til det som ikke har etter ved mellom blir ble fra også",
    "pl": "nie się że jest na do przez dla oraz jak po od był które który także przed został",
    "pt": "os uma não com para por dos das foi são pelo pela também mais após seu sua ao",
    "ro": "și în să care pentru din cu este pe sunt mai după fost prin această dar",
    "ru": "в и на с что по не как из для это был также были после который его от к",
    "sv": "och att det som på är av för inte till med har den ett också efter från blev",
    "tr": "ve için ile olarak olan daha çok göre sonra kadar gibi ancak olduğu",
    "uk": "в і на з що та не як у до для це був також були після який його від за",
}
#: The languages of the table. A text in any other language can have words of these.
LISTED = frozenset(_WORDS)
#: Languages whose words are also frequent in a language without a list. German, Greek, English and
#: Hungarian have no such relative.
NEEDS_CHECK = LISTED - {"de", "el", "en", "hu"}
_LANGUAGES_OF = Counter(word for words in _WORDS.values() for word in set(words.split()))
#: The language of each word that only one language has.
_LANGUAGE_OF = {
    word: language
    for language, words in _WORDS.items()
    for word in words.split()
    if _LANGUAGES_OF[word] == 1
}
#: Minimum number of different words of one language. Others may have a fourth as many.
_MIN_WORDS = 3
_MAX_OTHERS = 0.25


def language_of_words(text: str) -> str:
    """Return the language whose function words the text contains; "" if that is not clear."""
    words = _LANGUAGE_OF.keys() & text.lower().split()
    counts = Counter(_LANGUAGE_OF[word] for word in words).most_common(2)
    if not counts or counts[0][1] < _MIN_WORDS:
        return ""
    others = counts[1][1] if len(counts) > 1 else 0
    return counts[0][0] if others <= counts[0][1] * _MAX_OTHERS else ""
