"""Types of articles by titles, URLs, categories and texts of made-up outlets."""

from dataclasses import dataclass, field

import pytest

from service.domain.articles.article_types import ArticleType, classify

REPORT, LIVE, ROUNDUP, OPINION, SATIRE, SPONSORED, MEDIA, SERIES = ArticleType


def path(text: str) -> str:
    return f"https://www.harbour.example/{text}"


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        # German, French, Spanish, Portuguese, Russian, Turkish, Arabic, Chinese, Hindi, …
        (LIVE, "Live: Minister resigns after vote"),
        (LIVE, "Orlan storm live updates: trains stop"),
        (LIVE, "Storm reaches the coast – Orlan politics live"),
        (LIVE, "Ostravia war live: talks fail"),
        (LIVE, "Redmarsh 2-1 Halden – as it happened"),
        (LIVE, "Watch live: Parliament debates the budget"),
        (LIVE, "Liveticker: Sturm erreicht die Küste"),
        (LIVE, "EN DIRECT – Tempête sur Orlan : les trains à l’arrêt"),
        (LIVE, "En vivo | Debate presupuestario en el Congreso"),
        (LIVE, "Ao vivo: Câmara vota o orçamento"),
        (LIVE, "Прямая трансляция: заседание парламента"),
        (LIVE, "CANLI | Meclis bütçeyi oyluyor"),
        (LIVE, "مباشر | البرلمان يصوت على الميزانية"),
        (ROUNDUP, "Morning news brief"),
        (ROUNDUP, "News Wrap: Ferry inspected after collision"),
        (ROUNDUP, "Morning briefing: Bank raises rate"),
        (ROUNDUP, "Thursday round-up: Bank raises rate, ferry hits pier"),
        (ROUNDUP, "Round-up: Bank raises rate, ferry hits pier"),
        (ROUNDUP, "7 things to know tonight: rates, the ferry, the cup"),
        (ROUNDUP, "Five things to know for Thursday"),
        (ROUNDUP, "Tonight’s headlines: Bank raises rate"),
        (ROUNDUP, "The Ledger: rates, the ferry, the cup – what you missed today"),
        (ROUNDUP, "Orlan flood: What happened on Sunday, 23 April"),
        (ROUNDUP, "Strike report: what happened today"),
        (REPORT, "Mayor explains what happened on Sunday at the pier"),
        (REPORT, "Five things to know about the new ferry"),
        (REPORT, "Police round up suspects after ferry theft"),
        (ROUNDUP, "Bank raises rate; ferry hits pier; United win cup"),
        (ROUNDUP, "Mayor for president? Plus. . ."),
        (ROUNDUP, "Photos of the week: flood and festival"),
        (ROUNDUP, "The week around the world in 20 pictures"),
        (ROUNDUP, "4/25: Harbour Evening News"),
        (ROUNDUP, "Nachrichten am Morgen: Zinsen steigen"),
        (ROUNDUP, "Revue de presse : la grève à la une"),
        (ROUNDUP, "Resumen del día: sube el tipo de interés"),
        (ROUNDUP, "Rassegna stampa: le prime pagine di oggi"),
        (ROUNDUP, "Главное за день: ставка, паром и кубок"),
        (ROUNDUP, "موجز الأنباء: البنك يرفع الفائدة"),
        (ROUNDUP, "晚报 | 央行加息"),
        (LIVE, "Dernières nouvelles de la tempête, en direct"),
        (LIVE, "Última hora del temporal de Orlan, en directo"),
        (LIVE, "AO MINUTO: Comboios parados em Orlan"),
        (LIVE, "Буря в Орлане. Онлайн-трансляция"),
        (LIVE, "Burza nad Orlanem. Relacja na żywo"),
        (LIVE, "Stormen når kusten – följ utvecklingen här"),
        (REPORT, "Un vol en direct pour Orlan suspendu"),
        (REPORT, "Онлайн-трансляция суда запрещена"),
        (REPORT, "Clima laboral: sindicato denuncia al puerto"),
        (REPORT, "Wetterdienst schließt drei Stationen"),
        (REPORT, "Главное управление порта оштрафовано"),
        (REPORT, "Dagens Nyheter köper radiostation"),
        (ROUNDUP, "Nachrichten des Tages: Das war wichtig am Sonntag"),
        (ROUNDUP, "L’essentiel de l’actualité de ce dimanche 3 mai"),
        (ROUNDUP, "Le notizie di oggi, in breve"),
        (ROUNDUP, "As notícias que marcaram a manhã"),
        (ROUNDUP, "أبرز أخبار اليوم الأحد"),
        (ROUNDUP, "けさのニュースまとめ（5月3日）"),
        (SERIES, "Wetter heute: So wird der Sonntag an der Küste"),
        (SERIES, "Clima hoy en Orlan: pronóstico para el 3 de mayo"),
        (SERIES, "きょうの運勢 5月3日"),
        (OPINION, "Opinion | The bank is wrong"),
        (OPINION, "The bank is wrong | Opinion"),
        (OPINION, "Analysis: What the bank wants"),
        (OPINION, "The Long Pier review: a drama without wind"),
        (OPINION, "Higher rates: Letters to the editor"),
        (OPINION, "I sailed on the ferry for thirty years"),
        (OPINION, "Kommentar: Die Bank irrt"),
        (OPINION, "Édito – La banque se trompe"),
        (OPINION, "Análisis: lo que quiere el banco"),
        (OPINION, "Análise | O que quer o banco"),
        (OPINION, "Мнение: банк ошибается"),
        (OPINION, "رأي | البنك مخطئ"),
        (OPINION, "社评：央行错了"),
        (OPINION, "【社説】銀行の誤り"),
        (OPINION, "विचार: बैंक गलत है"),
        (SATIRE, "Satire: Bank replaces money with tulips"),
        (SATIRE, "Сатира: банк заменил деньги тюльпанами"),
        (SPONSORED, "Sponsored: A week on the lake"),
        (SPONSORED, "Best tent deals for the summer"),
        (SPONSORED, "The best deals on tents this week"),
        (SPONSORED, "Orlan Bet promo code gives new players a bonus"),
        (SPONSORED, "Anzeige: Eine Woche am See"),
        (SPONSORED, "Contenido patrocinado | Una semana en el lago"),
        (SPONSORED, "Партнёрский текст | На правах рекламы"),
        (MEDIA, "WATCH: Ferry hits pier"),
        (MEDIA, "Photos: Ferry hits pier"),
        (MEDIA, "A life in pictures: the pilot of Orlan"),
        (MEDIA, "Bildergalerie: Fähre rammt Pier"),
        (MEDIA, "Vidéo : le ferry heurte la jetée"),
        (MEDIA, "En imágenes: el ferri choca con el muelle"),
        (MEDIA, "Видео: паром врезался в причал"),
        (MEDIA, "بالصور | العبارة تصطدم بالرصيف"),
        (MEDIA, "【動画】フェリーが桟橋に衝突"),
        (SERIES, "Today's Wordle hints and answer"),
        (SERIES, "News quiz: what happened in Orlan?"),
        (SERIES, "Harbour SoundGame for April 25, 2023"),
        (SERIES, "Today in Velmark History: April 25, 1907"),
        (SERIES, "Dear Marta: My neighbour sings at night"),
        (SERIES, "Powerball winning numbers for Saturday"),
        (SERIES, "Lottozahlen vom Samstag: Das sind die Gewinnzahlen"),
        (SERIES, "Horoscope du mardi 25 avril"),
        (SERIES, "Horóscopo de hoy: Tauro"),
        (SERIES, "Гороскоп на 25 апреля"),
        (SERIES, "Hava durumu: 25 Nisan"),
        (SERIES, "राशिफल: 25 अप्रैल"),
    ],
)
def test_title_shows_type(kind: ArticleType, title: str) -> None:
    assert classify(title) is kind


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        (LIVE, path("world/live/2023/apr/25/storm")),
        (LIVE, path("en/storm-reaches-coast/live-65412")),
        (LIVE, path("news/liveblog/2023/4/25/storm")),
        (LIVE, path("news/trial-watch-live-day-4")),
        (LIVE, path("liveticker/sturm-am-see")),
        (LIVE, path("directo/temporal-en-orlan")),
        (LIVE, path("aominuto/comboios-parados")),
        (ROUNDUP, path("2023/04/25/briefing/rates-ferry-cup.html")),
        (OPINION, path("opinion/2023/04/25/bank-is-wrong")),
        (OPINION, path("commentisfree/2023/apr/25/bank-is-wrong")),
        (OPINION, path("meinung/die-bank-irrt-1234.html")),
        (OPINION, path("tribunes/la-banque-se-trompe")),
        (OPINION, path("cartoons/bank-and-ferry")),
        (OPINION, path("%D0%BC%D0%BD%D0%B5%D0%BD%D0%B8%D1%8F/bank")),
        (OPINION, "https://opinion.harbour.example/2023/bank"),
        (OPINION, path("arts/2023/the-long-pier-tv-review")),
        (SATIRE, path("humor/bank-replaces-money")),
        (SPONSORED, path("shopping/best-tents")),
        (SPONSORED, path("publirreportaje/una-semana-en-el-lago")),
        (MEDIA, path("video/ferry-hits-pier")),
        (MEDIA, path("news/videos/c123")),
        (MEDIA, path("artanddesign/gallery/2023/apr/25/ferry")),
        (MEDIA, path("podcasts/the-pier/2023/04/rates.html")),
        (MEDIA, path("fotostrecke/faehre-rammt-pier")),
        (SERIES, path("puzzles/grid-1412")),
        (SERIES, path("horoskop/stier")),
        (SERIES, path("games/daily-crossword-2023-04-25")),
    ],
)
def test_url_shows_type(kind: ArticleType, url: str) -> None:
    assert classify("Bank, ferry and cup", url) is kind


@dataclass(frozen=True)
class Sample:
    title: str
    url: str = ""
    text: str = ""
    categories: tuple[str, ...] = field(default=())


@pytest.mark.parametrize(
    "sample",
    [
        Sample("Where billionaires live: five villages on Lake Orlan"),
        Sample("Comedian mocks mayor on Harbour Night Live"),
        Sample("Pupils learn how to live with floods"),
        Sample("Liverpool sell a stake", path("sports/liverpool-sell-stake")),
        Sample("Ferry hits pier", path("en/live-news/20230425-ferry-hits-pier")),
        Sample("Bank raises rate; shares fall"),
        Sample("Press briefing ends in a quarrel", path("politics/press-briefing-quarrel")),
        Sample("Minister quarrels at news briefing", path("news-brief/minister-quarrels")),
        Sample("Harbour says #39;no#39; to ferry; pier &quot;closed&quot; for #39;years#39;"),
        Sample("Ministers met this week in the capital"),
        Sample("‘I saw the ferry turn’: captain describes collision"),
        Sample("Captain: I saw the ferry turn"),
        Sample("Ferry sinks", text="“I saw it turn,” the captain said. “I could do nothing.”"),
        Sample("Ferry sinks", text="The captain said: “I saw it turn and then I"),
        Sample("Agency classes eggs as Class I risk", text="Such recalls are Class I for eggs."),
        Sample("Court orders judicial review of rate", path("news/judicial-review-of-rate")),
        Sample("Bank publishes analysis of prices", path("economy/bank-publishes-analysis")),
        Sample("Storm live music festival cancelled", categories=("Live", "Video", "Music")),
        Sample("Ferri choca con el muelle (VIDEO)"),
        Sample("Ferry hits pier | VIDEO"),
        Sample("Ferry hits pier", "https://tribune.org.example/2023/ferry"),
        Sample("Ferry hits pier", "https://tribune.com.mx/2023/ferry"),
        Sample("How do I cross the lake without a ferry?"),
        Sample("Video shows ferry hitting pier", path("news/video-shows-ferry")),
        Sample("Police publish photos of suspect"),
        Sample("Harbour&#039;s ferry hits Orlan&#039;s pier; captain&#039;s licence withdrawn"),
        Sample("Lottery ticket sold in Orlan wins $1bn"),
        Sample("Crossword editor of the Harbour dies at 80"),
        Sample("Weather office warns of storm", path("weather/storm-warning")),
        Sample("Shares end the day 20% off their high"),
        Sample("Newsroom of the Harbour goes on strike"),
        Sample("Der Pegel steigt: Dörfer am See geräumt"),
        Sample("Le ferry a heurté la jetée en direct de la côte"),
        Sample("Cantante cae al agua en vivo durante un concierto"),
        Sample("Паром врезался в причал, ранены двенадцать человек"),
        Sample("", "not a url[", categories=("",)),
    ],
    ids=lambda sample: sample.title[:30],
)
def test_reports_are_reports(sample: Sample) -> None:
    assert classify(
        sample.title, sample.url, text=sample.text, categories=sample.categories
    ) is REPORT  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        (OPINION, "Opinion"),
        (OPINION, "harbour/columns/old-salt"),
        (OPINION, "Leitartikel"),
        (SPONSORED, "Sponsored Content"),
        (SATIRE, "Satire"),
        (SERIES, "Crosswords"),
        (ROUNDUP, "Morning briefing"),
    ],
)
def test_category_shows_type(kind: ArticleType, category: str) -> None:
    assert classify("Bank, ferry and cup", categories=["Economy", category]) is kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ROUNDUP, "In today’s issue: rates, the ferry and the cup"),
        (ROUNDUP, "Also, a ferry hits a pier. Here's the latest at the end of Tuesday."),
        (ROUNDUP, "Harbour Daily: April 25, 2023"),
        (OPINION, "The last time I crossed the lake, a storm came up."),
        (OPINION, "Als ich zuletzt über den See fuhr, kam Sturm auf."),
        (OPINION, "Jane Rowe is an opinion columnist of the Harbour."),
    ],
)
def test_text_shows_type(kind: ArticleType, text: str) -> None:
    assert classify("Bank, ferry and cup", text=text) is kind


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("Rowe: The ferry was never safe", "Jane Rowe"),
        ("Jane Rowe: The ferry was never safe", "by Jane Rowe and Tom Hill"),
        ("Jane Rowe - The ferry was never safe", "Jane Rowe"),
        ("The ferry was never safe", "The Editorial Board"),
        ("The ferry was never safe", "Jane Rowe, Opinion Columnist"),
        ("Die Fähre war nie sicher", "Jana Rau | Kolumnistin"),
    ],
)
def test_byline_shows_a_column(title: str, author: str) -> None:
    assert classify(title, author=author) is OPINION


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("Hill: The ferry was never safe", "Jane Rowe"),
        ("Rowe says the ferry was never safe", "Jane Rowe"),
        ("Mayor: The ferry was never safe", "Mayor"),
        ("The ferry was never safe", "Jane Rowe, Transport Correspondent"),
        ("The ferry was never safe", ""),
    ],
)
def test_other_bylines_are_those_of_reports(title: str, author: str) -> None:
    assert classify(title, author=author) is REPORT


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        (OPINION, "What the bank wants", "The rate rises for the third time."),
        (ROUNDUP, "Bank raises rate. And, ferry hits pier", "Good morning."),
        (ROUNDUP, "What the bank wants", "Hello! Plus: the ferry and the cup"),
        (ROUNDUP, "Sunday: The rate rises, a ferry hits a pier, and the cup is won", "Hello!"),
        (ROUNDUP, "Buenos días: el tipo de interés, el ferry y la copa del rey", "Hola."),
        (OPINION, "Sunday briefing: What Orlan, Halden and Redmarsh want", "Hello!"),
    ],
)
def test_newsletter_with_several_subjects_is_a_round_up(
    kind: ArticleType, title: str, text: str
) -> None:
    url = path("newsletters/harbour-today/4711")
    assert classify(title, url, text=text) is kind
    assert classify(title, categories=["Newsletters"], text=text) is kind


def test_repeated_headline_is_a_series_or_a_bulletin() -> None:
    assert classify("Tales from the lighthouse", recurring=True) is SERIES
    assert classify("Harbour news at nine", recurring=True) is ROUNDUP
    assert classify("Live: Parliament", recurring=True) is LIVE


def test_type_of_the_outlet() -> None:
    title, url = "Bank replaces money", path("video/bank")
    assert classify(title, url, outlet_type=SATIRE) is SATIRE
    assert classify(title, outlet_type=OPINION) is OPINION
    assert classify(title, url, outlet_type=OPINION) is MEDIA


def test_what_types_mean() -> None:
    assert {kind for kind in ArticleType if not kind.joins_stories} == {ROUNDUP}
    assert {kind for kind in ArticleType if kind.is_independent_report} == {REPORT}
    assert {kind for kind in ArticleType if kind.is_quotable} == {REPORT}
