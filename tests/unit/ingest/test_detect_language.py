"""Language detection of articles."""

import pytest

from service.ingest.detect_language import DETECTED, detect_language, resolve_language
from tests.support.content.seeds import seed_articles, seed_labels

HEADLINES = {
    "en": "Ferry runs aground near Lake Orlan, twelve passengers hurt",
    "de": "Fähre läuft bei Orlan auf Grund, zwölf Fahrgäste verletzt",
    "fr": "Un ferry s'échoue près d'Orlan, douze passagers blessés",
    "es": "Un transbordador encalla cerca de Orlan y deja doce heridos",
    "it": "Traghetto si incaglia vicino a Orlan, dodici passeggeri feriti",
    "tr": "Orlan yakınlarında feribot karaya oturdu, on iki yolcu yaralandı",
    "pl": "Prom osiadł na mieliźnie koło Orlanu, dwunastu pasażerów rannych",
    "ru": "Паром сел на мель у Орлана, двенадцать пассажиров пострадали",
    "ar": "جنوح عبارة قرب أورلان وإصابة اثني عشر راكبا",
    "fa": "کشتی مسافربری در نزدیکی اورلان به گل نشست و دوازده نفر زخمی شدند",
    "zh": "渡轮在奥尔兰附近搁浅，十二名乘客受伤",
    "ja": "オルラン付近でフェリーが座礁、乗客十二人がけが",
}


@pytest.mark.parametrize("language", HEADLINES)
def test_language_of_a_title_is_detected(language: str):
    assert resolve_language("", HEADLINES[language]) == language


@pytest.mark.parametrize("title", ["", "!?", "2023", "🎉🎉", "OK", "Orlan", "\ud800"])
def test_text_without_evidence_has_no_language(title: str):
    assert resolve_language("", title) == ""


def test_declared_language_keeps_its_region():
    assert resolve_language("en-gb", HEADLINES["en"]) == "en-gb"
    assert resolve_language("de", "Orlan") == "de"


def test_long_text_overrides_the_declared_language():
    text = "Die Fähre war am Morgen mit vierzig Menschen an Bord ausgelaufen, teilte der Hafen mit."
    assert resolve_language("en-us", HEADLINES["de"], text) == "de"
    assert resolve_language("en-us", "Fähre auf Grund") == "en-us"


def test_similar_language_does_not_override_the_declared_one():
    text = "Trajekten gik på grund tæt ved Orlan, og tolv passagerer kom til skade tirsdag morgen."
    assert resolve_language("nb", "Trajekt på grund ved Orlan", text) == "nb"


def test_undetectable_declared_language_is_returned():
    assert "la" not in DETECTED
    assert resolve_language("la", HEADLINES["en"], HEADLINES["en"]) == "la"


def test_detection_returns_a_probability():
    name, probability = detect_language(HEADLINES["fr"])
    assert name == "fr"
    assert 0.5 < probability <= 1


def test_seed_articles_are_detected_correctly():
    for article, label in zip(seed_articles(), seed_labels(), strict=True):
        assert resolve_language("", article.title, article.text) in {label["lang"], ""}
        assert article.lang == label["lang"]
