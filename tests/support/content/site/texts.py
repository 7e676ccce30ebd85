"""Invented outlets and reports, inserted by `site_content`."""

from datetime import UTC, datetime

#: Time at which the pages show the content.
WORLD_NOW = datetime(2023, 5, 11, 8, 0, tzinfo=UTC)
STORYLINE = "ankara-damascus"
MEETING = "moscow-2023-04-25"
MERGED = "moscow-2023-04-25-b"

#: slug, name, country, language, family
OUTLETS = [
    ("volga-wire", "Volga Wire", "RU", "en", "volga"),
    ("volga-novosti", "Волга-Новости", "RU", "ru", "volga"),
    ("barada", "Barada Courier", "SY", "ar", "barada"),
    ("marmara", "Marmara Postası", "TR", "tr", "marmara"),
    ("alborz", "Alborz Daily", "IR", "fa", "alborz"),
    ("harbour", "Harbour Times", "GB", "en", "harbour"),
    ("cedar", "Cedar Herald", "LB", "en", "cedar"),
    ("pearl", "Pearl Observer", "QA", "en", "pearl"),
    ("ledger", "The Ledger", "US", "en", "ledger"),
    ("kurier", "Kurier am Rhein", "DE", "de", "kurier"),
    ("phare", "Le Phare du Midi", "FR", "fr", "phare"),
]

Line = tuple[str, int, str, str]
#: Outlet, minutes after the first report, title, lead.
MEETING_REPORTS: list[Line] = [
    (
        "volga-wire",
        0,
        "Defence chiefs of four countries discuss Turkish pullout from Syria in Moscow",
        (
            "Ministers and heads of intelligence from Russia, Syria, Turkey and Iran sat down together "
            "on Tuesday. On the table were a withdrawal of Turkish troops, the M4 motorway and the "
            "return of refugees, the Russian side said."
        ),
    ),
    (
        "volga-novosti",
        6,
        "Министры обороны четырёх стран обсудили в Москве вывод турецких войск из Сирии",
        "Во вторник в Москве прошли переговоры глав оборонных ведомств и разведок четырёх стран.",
    ),
    (
        "cedar",
        19,
        "Defence chiefs of four countries discuss Turkish pullout from Syria in Moscow",
        "",
    ),
    (
        "barada",
        34,
        "اجتماع رباعي في موسكو يبحث انسحاب القوات التركية من الأراضي السورية",
        "بحث وزراء الدفاع ورؤساء أجهزة الاستخبارات في موسكو خطوات الانسحاب وفتح الطريق الدولي.",
    ),
    (
        "marmara",
        52,
        "Moskova’daki dörtlü toplantıda Şam ile normalleşme için somut adımlar ele alındı",
        "Savunma bakanları ve istihbarat başkanları salı günü Moskova’da bir araya geldi.",
    ),
    ("pearl", 71, "Four defence chiefs discuss Turkish pullout from Syria in Moscow", ""),
    (
        "alborz",
        95,
        "نشست چهارجانبه مسکو؛ وزیران دفاع درباره خروج نیروهای ترکیه از سوریه گفت‌وگو کردند",
        "وزیران دفاع ایران، روسیه، سوریه و ترکیه روز سه‌شنبه در مسکو دیدار کردند.",
    ),
    (
        "harbour",
        140,
        "Moscow hosts Syria and Turkey for rare four-way defence talks",
        (
            "Damascus wants a date for the departure of Turkish soldiers, Ankara speaks of concrete "
            "steps. After the meeting in Moscow the two sides are still some way apart."
        ),
    ),
    (
        "ledger",
        205,
        "Turkey and Syria inch closer as Russia and Iran look on",
        (
            "The second meeting of the defence ministers within four months ended without a date for "
            "a withdrawal, and with a promise to go on talking."
        ),
    ),
    (
        "kurier",
        330,
        "Vierertreffen in Moskau: Verteidigungsminister beraten über Abzug türkischer Truppen",
        "Die Runde in Moskau endete mit der Zusage, die Gespräche fortzusetzen.",
    ),
    (
        "harbour",
        560,
        "What Damascus and Ankara each took home from Moscow",
        (
            "Two readings of one meeting: withdrawal first, says one capital; normal relations first, "
            "says the other."
        ),
    ),
]
COPIES = {2: (0, 0.99), 5: (0, 0.94)}

#: Story id, first report, keywords, reports: events similar to the meeting.
SIMILAR_EVENTS: list[tuple[str, datetime, list[str], list[Line]]] = [
    (
        "moscow-2022-12-28",
        datetime(2022, 12, 28, 15, 10, tzinfo=UTC),
        ["Shoigu", "Akar", "Abbas", "eleven years"],
        [
            ("volga-wire", 0, "Russian, Syrian and Turkish defence ministers meet in Moscow", ""),
            ("harbour", 45, "Turkey and Syria hold first ministerial talks in eleven years", ""),
            ("marmara", 60, "Üç savunma bakanı on bir yıl sonra Moskova’da buluştu", ""),
            ("ledger", 170, "A handshake in Moscow after eleven years of silence", ""),
        ],
    ),
    (
        "moscow-2023-04-04",
        datetime(2023, 4, 4, 9, 30, tzinfo=UTC),
        ["deputy ministers", "technical talks"],
        [
            ("volga-wire", 0, "Deputy foreign ministers of four states end talks in Moscow", ""),
            ("alborz", 80, "معاونان وزیران خارجه چهار کشور در مسکو دیدار کردند", ""),
        ],
    ),
    (
        "moscow-2023-05-10",
        datetime(2023, 5, 10, 11, 0, tzinfo=UTC),
        ["road map", "foreign ministers", "Lavrov"],
        [
            ("volga-wire", 0, "Four foreign ministers order a road map for Syria and Turkey", ""),
            ("cedar", 15, "Four foreign ministers order a road map for Syria and Turkey", ""),
            ("barada", 33, "وزراء خارجية أربع دول يتفقون في موسكو على إعداد خارطة طريق", ""),
            ("harbour", 90, "Syria and Turkey agree to draft a road map at Moscow talks", ""),
            ("phare", 180, "À Moscou, quatre ministres commandent une feuille de route", ""),
        ],
    ),
]

OTHERS: list[tuple[str, datetime, list[str], list[Line]]] = [
    (
        "ferry",
        datetime(2023, 5, 11, 4, 40, tzinfo=UTC),
        ["ferry", "storm", "harbour"],
        [
            (
                "harbour",
                0,
                "Night ferry turns back with 412 aboard as storm closes northern port",
                "",
            ),
            ("ledger", 25, "Ferry with 412 passengers returns to port in storm", ""),
            ("kurier", 61, "Fähre mit 412 Menschen kehrt im Sturm um", ""),
        ],
    ),
    (
        "bridge",
        datetime(2023, 5, 10, 17, 5, tzinfo=UTC),
        ["bridge", "Rhine", "engineers"],
        [("kurier", 0, "Rheinbrücke nach Riss im Pfeiler bis auf Weiteres gesperrt", "")],
    ),
    (
        "urdu",
        datetime(2023, 5, 10, 6, 0, tzinfo=UTC),
        [],
        [("pearl", 0, "Pearl divers’ museum opens its doors after a decade of restoration", "")],
    ),
    (
        "hostile",
        datetime(2023, 5, 9, 12, 0, tzinfo=UTC),
        ["<i>markup</i>"],
        [("ledger", 0, "<script>alert('headline')</script> " + "unbroken" * 12, "<img src=x>")],
    ),
]
