"""Vague titles, and titles with a subject that others introduce, lose against plain ones."""

import numpy as np
import pytest

from service.domain.articles.model import Article, Vectors
from service.domain.stories.wording.headline import choose_headline_article
from service.domain.stories.wording.sentences.surnames import bare_surnames
from service.domain.stories.wording.title_parts import style_penalty

#: Language, a vague title and a plain one.
CASES = [
    ("en", "What we know about the Orlan harbour fire", "Fire destroys Orlan harbour"),
    ("en", "Everything you need to know about the ferry strike", "Ferry crews strike in Orlan"),
    ("en", "League hands hefty punishment to Orlan goalkeeper", "Orlan goalkeeper is banned"),
    ("en", "Police issue a statement on Orlan remains", "Orlan remains are those of a sailor"),
    ("en", "Ferry owner responds to fire at harbour", "Ferry owner pays for harbour fire"),
    ("en", "Owner breaks silence on harbour fire", "Owner admits fault in harbour fire"),
    ("en", "Autopsy reveals new details of sailor's death", "Sailor drowned, autopsy finds"),
    ("en", "They will close the harbour of Orlan", "Orlan will close its harbour"),
    ("de", "Minister äußert sich zu Brand im Hafen", "Minister schließt Hafen nach Brand"),
    ("de", "Er schließt den Hafen nach dem Brand", "Minister schließt den Hafen nach Brand"),
    (
        "fr",
        "Le ministre réagit à l’incendie du port",
        "Le ministre ferme le port après un incendie",
    ),
    ("es", "El ministro rompe el silencio sobre el puerto", "El ministro cierra el puerto"),
    ("it", "Il ministro rompe il silenzio sul porto", "Il ministro chiude il porto"),
    ("pt", "Ministro quebra o silêncio sobre o porto", "Ministro fecha o porto"),
    ("nl", "Minister reageert op brand in de haven", "Minister sluit haven na brand"),
    ("ru", "Министр прокомментировал пожар в порту", "Министр закрыл порт после пожара"),
    ("uk", "Міністр прокоментував пожежу в порту", "Міністр закрив порт після пожежі"),
    ("pl", "Minister zabrał głos w sprawie portu", "Minister zamknął port po pożarze"),
    ("tr", "Bakan liman için sessizliğini bozdu", "Bakan yangından sonra limanı kapattı"),
    ("ar", "الوزير يعلق على حريق الميناء", "الوزير يغلق الميناء بعد الحريق"),
    ("en", "Ferry crews vote on a deal; here's what it means", "Ferry crews accept the pay deal"),
    ("en", "The one thing nobody saw coming in Orlan", "Orlan council sacks its mayor"),
    ("de", "Das müssen Sie über den Hafenbrand wissen", "Hafen von Orlan nach Brand gesperrt"),
    ("it", "Incendio al porto, cosa sappiamo", "Incendio al porto: tre morti"),
    ("nl", "Dit weten we over de brand in de haven", "Drie doden bij brand in haven"),
    ("sv", "Detta vet vi om branden i hamnen", "Tre döda i hamnbrand"),
    ("da", "Hvorfor brændte havnen", "Tre døde i havnebrand"),
    ("nb", "Dette vet vi om brannen", "Tre døde i brann i havnen"),
    ("cs", "Co víme o požáru přístavu", "Požár přístavu má tři oběti"),
    ("ro", "Ce știm despre incendiul din port", "Trei morți în incendiul din port"),
    ("hu", "Miért gyulladt ki a kikötő", "Hárman meghaltak a kikötői tűzben"),
    ("el", "Τι γνωρίζουμε για τη φωτιά στο λιμάνι", "Τρεις νεκροί σε φωτιά στο λιμάνι"),
    ("id", "Mengapa pelabuhan Orlan terbakar", "Tiga tewas dalam kebakaran pelabuhan"),
    ("hi", "बंदरगाह में आग: अब तक क्या पता चला", "बंदरगाह में आग से तीन की मौत"),
    ("zh", "港口大火：我們知道什麼", "港口大火致三死"),
    ("ja", "港の火災、何が起きたのか", "港で火災、3人死亡"),
    ("ko", "항구 화재, 무슨 일이 있었나", "항구 화재로 3명 사망"),
]


def choose(*titles: str, lang: str = "en") -> str:
    articles = [
        Article(key, title, "", outlet=f"outlet{key}", lang=lang)
        for key, title in enumerate(titles)
    ]
    vectors = Vectors("m", np.ones((len(titles), 1), dtype=np.float32))
    return choose_headline_article(articles, vectors).title


@pytest.mark.parametrize(("lang", "vague", "plain"), CASES)
def test_vague_title_loses_against_a_plain_one(lang: str, vague: str, plain: str) -> None:
    assert style_penalty(vague, lang) > style_penalty(plain, lang)
    assert choose(vague, plain, lang=lang) == plain


def test_title_with_a_bare_surname_loses_against_one_that_introduces_the_person() -> None:
    bare, full = "Karsia will close the harbour", "Mayor Karsia will close the harbour"
    titled = "Sen. Anna Karsia will close the harbour"
    assert choose(bare, titled) == titled
    assert choose(bare, bare, "Maria Karsia will close the harbour").startswith("Karsia")
    assert bare_surnames([bare, titled], []) == [True, False]
    assert bare_surnames([full, bare], ["Maria Karsia said so."]) == [False, False]


def test_names_of_places_and_unknown_names_need_no_introduction() -> None:
    titles = ["London closes the harbour", "Jack London closes the harbour"]
    assert bare_surnames(titles, []) == [False, False]
    assert bare_surnames(["Karsia closes the harbour"], ["Karsia, a port, is closed."]) == [False]
