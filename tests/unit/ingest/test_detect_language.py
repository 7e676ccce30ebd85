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

#: Everyday sentences of languages without word lists, and of Bulgarian, which resembles them.
UNLISTED = [
    (
        "et",
        (
            "Valitsus ei nõustunud ettepanekuga ja minister oli "
            "sellest teadlik juba eelmisel nädalal, ütles pressiesindaja"
        ),
    ),
    ("et", "Tallinna linnavalitsus ei toeta uut eelnõu ja abilinnapea sõnul oli otsus juba tehtud"),
    ("et", "Riigikogu arutas eelarvet, kuid opositsioon ei olnud sellega nõus ja lahkus saalist"),
    ("et", "Päästjad said teate, et Pärnu maanteel on puu teel ja liiklus oli häiritud"),
    ("et", "Ta ütles, et kool ei ole suletud ja õpilased on juba klassis tagasi"),
    (
        "sk",
        "Od pondelka do piatku po celom Slovensku platí nové obmedzenie rýchlosti na diaľniciach",
    ),
    ("sk", "Polícia od rána vyšetruje nehodu po zrážke dvoch áut na ceste do Žiliny"),
    ("sk", "Vláda sa dohodla na rozpočte, minister hovorí o úsporách do konca roka"),
    ("sk", "Na východe Slovenska od soboty po nedeľu hrozia povodne a silný vietor"),
    ("sl", "Od ponedeljka do petka po vsej državi nove omejitve hitrosti na avtocestah"),
    ("sl", "Vlada je po dolgi razpravi sprejela nov proračun, ki velja od januarja do decembra"),
    ("sl", "Policisti so po nesreči na cesti do Maribora zaprli promet v obe smeri"),
    ("sl", "Gasilci so od jutra na terenu, ker je po neurju več hiš brez strehe"),
    ("hr", "Od ponedjeljka do petka po cijeloj zemlji vrijede nova ograničenja brzine"),
    (
        "hr",
        (
            "Vlada je od ponoći do jutra raspravljala o "
            "proračunu, a po prijedlogu se glasuje u srijedu"
        ),
    ),
    ("hr", "Vatrogasci su cijelu noć gasili požar na otoku, vjetar je otežao posao"),
    ("hr", "Učenici se od rujna vraćaju u školu po novom rasporedu, kaže ministrica"),
    ("sr", "Председник и премијер из Београда разговарали по повратку из Брисела о новом буџету"),
    ("sr", "Полиција и ватрогасци по други пут од јутра траже несталог дечака из Новог Сада"),
    ("sr", "Влада је усвојила буџет за следећу годину и повећала плате у школама"),
    ("sr", "Од понедељка по целој земљи почиње упис ученика и студената"),
    ("bg", "Президентът и премиерът с общо изявление по темата"),
    ("bg", "Министърът не е съгласен с предложението и по думите му решението ще се забави"),
    ("bg", "Полицията затвори пътя на изхода от София след катастрофа с два камиона"),
    ("bg", "От понеделник учениците се връщат в клас, а родителите чакат новия график"),
    ("be", "Улады і людзі за мяжой як раней чакаюць рашэння суда"),
    ("be", "Урад прыняў новы бюджэт на наступны год, і дэпутаты за яго прагаласавалі"),
    ("be", "Як паведамілі ў міліцыі, дарога на Гродна закрыта да вечара за аварыяй"),
    ("be", "Людзі за горадам чакаюць, што вада спадзе і школы зноў адчыняць"),
    ("lt", "Vyriausybė patvirtino biudžetą, o opozicija su tuo nesutinka ir paliko salę"),
    ("lt", "Policija tiria avariją kelyje į Kauną, per kurią nukentėjo du žmonės"),
    ("lt", "Nuo pirmadienio mokiniai grįžta į mokyklas pagal naują tvarkaraštį"),
    ("lv", "Valdība apstiprināja budžetu par nākamo gadu, un opozīcija tam nepiekrīt"),
    ("lv", "Policija izmeklē avāriju uz ceļa no Rīgas līdz Jelgavai, kurā cietuši divi cilvēki"),
    ("lv", "No pirmdienas skolēni atgriežas skolā pēc jaunā grafika, sola ministre"),
    ("ca", "El govern ha aprovat el pressupost per a l'any vinent i les escoles rebran més diners"),
    ("ca", "Els bombers treballen des de la matinada per apagar el foc a la serra amb dos avions"),
    ("ca", "La policia busca un home que va fugir amb el cotxe per la carretera de Girona"),
]


@pytest.mark.parametrize(("language", "text"), UNLISTED)
def test_words_of_a_similar_language_do_not_decide(language: str, text: str):
    assert resolve_language(language, text) == language
    assert resolve_language("", text) in {language, ""}


def test_text_of_an_unlisted_language_overrides_a_listed_declared_one():
    text = UNLISTED[0][1]
    assert resolve_language("fi", text) == "et"
    assert resolve_language("en-us", text) == "et"


def test_words_do_not_override_a_declared_language_without_a_list():
    # Statistics are uncertain about this text; three of its words look Polish.
    text = "Koncert: Bach, Mozart, Beethoven od Salzburg do Berlin po Hamburg, Leipzig, Dresden"
    assert resolve_language("", text) == "pl"
    assert resolve_language("sl", text) == "sl"


def test_words_decide_about_listed_languages():
    text = "Die Fähre ist nach dem Sturm nicht mehr mit dem Hafen verbunden"
    assert detect_language(text) == ("de", 1.0)
    assert detect_language(text, by_words=False)[1] < 1.0


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
