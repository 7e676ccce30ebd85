"""Words that show the type of an article: sections of URLs, marks and phrases of titles.

The tables hold lower-case words of several languages. A section is one whole part of a URL's host
or path, or a whole feed category, with spaces for hyphens. A mark is a whole part of a title, set
apart by a colon, bar or dash ("Opinion | …", "… – live"). A phrase counts anywhere in a title, a
slug anywhere in the words of a URL. A text pattern counts in title and lead, outside of quotations.
Words that reports also use are left out, because a missed type is a smaller error than a report
without a story.
"""

import re

from service.domain.text.phrases import Phrases


def _lines(text: str) -> frozenset[str]:
    """The comma-separated entries of a table."""
    return frozenset(entry.strip() for entry in text.replace("\n", ",").split(",") if entry.strip())


def _hints(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _any_case(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | flags)


SPONSORED_SECTIONS = _lines("""
sponsored, sponsored content, sponsor content, partner content, paid content, paid post, paidpost
advertorial, advertorials, advertisement, brandvoice, brand studio, branded content, promoted
shopping, deals, coupons, buyside, betting
anzeige, anzeigen, werbung, publireportage, publi redactionnel, contenu sponsorise, publicite
publirreportaje, contenido patrocinado, patrocinado, pubbliredazionale, conteudo patrocinado
gesponsord, annons, artykul sponsorowany, реклама, на правах рекламы, ilan, 广告, प्रायोजित
""")
SPONSORED_MARKS = _lines("""
sponsored, sponsored content, paid content, paid post, partner content, advertorial, advertisement
anzeige, publi rédactionnel, contenu sponsorisé, contenido patrocinado, patrocinado, publirreportaje
conteúdo patrocinado, artykuł sponsorowany, реклама, на правах рекламы, إعلان, 广告
""")
SPONSORED_PHRASES = Phrases(
    _any_case(
        r"\b(?:promo|coupon|discount|bonus) codes?\b|\$\d+ off\b"
        r"|\d% off (?:right now|today|at|for|on)\b"
        r"|\d% off\b.*\b(?:amazon|sale|deal)|\bdeals? of the day\b|\bbest (?:\S.* )?deals\b"
    ),
    _hints(" code| off|deal"),
)

SATIRE_SECTIONS = _lines("""
satire, satirical, humor, humour, parody, parodie, satira, sátira, sátiras, mizah, сатира, юмор
""")
SATIRE_MARKS = _lines("satire, satira, sátira, parody, parodie, сатира, mizah")

LIVE_SECTIONS = _lines("""
live, liveblog, live blog, liveblogs, live updates, live coverage, liveticker, live ticker
ao vivo, in diretta, canli anlatim, онлайн трансляция, بث مباشر
directo, en directo, en vivo, minuto a minuto, ao minuto, aominuto, en direct, diretta, na zywo
relacja na zywo, canli, canli blog, direktrapport, livefeed, onlain, zhivo
""")
LIVE_MARKS = _lines("""
live, live updates, live results, live blog, liveblog, live ticker, liveticker, live coverage
watch live, as it happened, en direct, direct, en vivo, en directo, ao vivo, in diretta, diretta
la diretta, canlı, canli, canlı anlatım, na żywo, relacja na żywo, онлайн, прямая трансляция
онлайн-трансляция, онлайн трансляция, текстовая трансляция, наживо, مباشر, بث مباشر, 直播, 实时更新, ライブ, ライブ中継, 生中継, लाइव, लाइव अपडेट
langsung, 생중계, minute by minute, minuto a minuto, ao minuto, al minuto, minuto per minuto
minute par minute, i direkte, direkte, suorana, ζωντανά, liveverslag, relacja live, 速報中継
""")
LIVE_PHRASES = Phrases(
    re.compile(
        r"(?i:\blive[ -]updates\b|\bwatch live\b|\blive-?blog\b|\blive-?ticker\b|\bas it happened\b)"
        # "Iran war live: …", "… – US politics live"; not "Where we live: …" or
        # "… Saturday Night Live".
        # Other languages set the words apart by a comma or full stop.
        r"|(?i:, en direct(?:o)?$|, en vivo(?:: minuto a minuto)?$|, ao minuto$|, in diretta$"
        r"|\. (?:онлайн|текстовая|прямая)[ -]?трансляция$|\. relacja (?:na żywo|live)$"
        r"|\bfölj utvecklingen\b|\bfølg utviklingen\b|\bfølg udviklingen\b)"
        r"|^(?!(?:Where|How|Why) )[^:|]{2,40}(?<! we)(?<! to)(?<! they)(?<! people) live:|[|–—-] [^|:–—]{2,40} live$"
    ),
    _hints(
        "live|as it happened|, en direct|, en vivo|, ao minuto|, in diretta|трансляция|na żywo"
        "|utvecklingen|utviklingen|udviklingen"
    ),
    folded=True,
)
LIVE_SLUGS = Phrases(
    _any_case(r"\b(?:watch live|live updates|live ?blog|live ?ticker|as it happened)\b"),
    _hints("live|as it happened"),
)

SERIES_SECTIONS = _lines("""
puzzles, puzzle, crossword, crosswords, sudoku, quiz, quizzes, horoscope, horoscopes, astrology
lottery results, advice columns, rätsel, raetsel, horoskop, kreuzworträtsel, mots croises
horoscopo, horoscopos, crucigramas, oroscopo, cruciverba, horóscopo, palavras cruzadas, puzzels
horoscoop, krzyzowki, horoskopy, гороскоп, гороскопы, кроссворды, burclar, astroloji, bulmaca
zodiak, ramalan zodiak, राशिफल, الأبراج, 星座, 占い, 운세
""")
SERIES_MARKS = _lines("""
quiz, crossword, sudoku, horoscope, open thread, on this day, word of the day, horoskop, rätsel
kreuzworträtsel, mots croisés, horóscopo, crucigrama, oroscopo, cruciverba, palavras cruzadas
гороскоп, кроссворд, прогноз погоды, погода, wettervorhersage, wetter, météo, el tiempo, meteo
hava durumu, cuaca hari ini, أحوال الطقس, برجك اليوم, राशिफल, 天气预报, 天気予報, 今日の運勢, 오늘의 운세
""")
_GAMES = "crossword|sudoku|wordle|strands|connections|quordle|quiz|puzzle|kreuzworträtsel|sudokus?"
SERIES_PHRASES = Phrases(
    _any_case(
        rf"\b(?:{_GAMES})\b.*(?:\b(?:hints?|answers?|clues|solution|lösung)\b|, 20\d\d\b|\d#)"
        rf"|\b(?:today['’]s|daily|mini|weekly|news) (?:{_GAMES})\b"
        r"|\bhoroscopes? (?:for|today|of)\b|\b(?:daily|weekly|your) horoscope\b|\btageshoroskop\b"
        r"|\bhoroscope d[ue]\b|\bhoróscopo d[eo]\b|\boroscopo d[ei]\b|\bгороскоп на\b|\bgünlük burç\b"
        r"|\b(?:winning|powerball|lotto|lottery) (?:numbers|results)\b|\blottozahlen\b"
        r"|\brésultats du loto\b|\bresultados? d[ea]l? ?(?:la )?(?:lotería|loteria|mega-sena)\b"
        r"|\bestrazioni (?:del )?lotto\b|\bрезультаты лотереи\b|\bsayısal loto sonuçları\b"
        r"|^(?:the )?weather (?:forecast )?(?:for|today|tomorrow)\b|^das wetter (?:am|für|in)\b"
        r"|^(?:das )?wetter (?:heute|morgen|aktuell)\b|^(?:el )?clima (?:de )?(?:hoy|mañana)\b"
        r"|^meteo (?:oggi|domani)\b|^météo (?:de ce|à|aujourd['’]hui)\b|^weerbericht\b"
        r"|^погода (?:на|в|завтра|сегодня)\b|^bugün hava\b|^dagens väder\b|^(?:今日|明日|今日の)天[气気]"
        r"|\b(?:dagens|daghoroscoop|dzienny) horoskop\b|\bhoroskop (?:dzienny|na|dnia)\b"
        r"|\bhoroscoop van\b|^حظك اليوم\b|^burç yorumları\b|(?:今日|きょう)の(?:運勢|占い)|오늘의 운세"
        r"|^météo du\b|^pronóstico del tiempo\b|^previsioni meteo\b|^previsão do tempo\b|^прогноз погоды"
        r"|\bopen thread\b|\b(?:today|this day) in (?:\S+ ){0,3}history\b|^(?:dear|ask) [^:,]{3,30}:"
        r"|\bfor [a-z]{3,9}\.? \d{1,2}, 20\d\d$"
    ),
    _hints(
        "crossword|sudoku|wordle|strands|connections|quordle|quiz|puzzle|rätsel|horoscope|"
        "horoskop|horóscopo|oroscopo|гороскоп|burç|numbers|results|lottozahlen|loto|"
        "resultado|estrazioni|лотереи|weather|wetter|météo|tiempo|meteo|tempo|погод|"
        "clima|weerbericht|hava|väder|天气|天気|horoscoop|حظك|の運勢|の占い|운세|"
        "open thread| history|dear |ask |, 20"
    ),
)
SERIES_SLUGS = Phrases(
    _any_case(rf"\b(?:todays|daily|mini|weekly) (?:{_GAMES})\b"),
    _hints("todays |daily |mini |weekly "),
)

ROUNDUP_SECTIONS = _lines("""
briefing, briefings, morning briefing, evening briefing, morning brief, evening brief, the headlines
morning report, morning newsletter, news roundup, daily roundup, resumen de noticias, haber ozeti
""")
ROUNDUP_MARKS = _lines("""
news wrap, news brief, news in brief, morning briefing, evening briefing, daily briefing, the briefing
morning mail, news roundup, weekly roundup, weekly round-up, headlines, top stories, eye opener
nachrichten am morgen, nachrichten des tages, morgenbriefing, das war der tag, der tag kompakt, news des tages
wochenrückblick, presseschau, nachrichtenüberblick, revue de presse, l'essentiel de l'actualité
les titres du jour, le récap, resumen de noticias, resumen del día, noticias del día, boletín
titulares, rassegna stampa, le notizie del giorno, notizie del giorno, resumo do dia
notícias do dia, nieuwsoverzicht, weekoverzicht, przegląd prasy, najważniejsze informacje dnia
главное за день, главное за неделю, итоги дня, итоги недели, дайджест, обзор прессы, підсумки дня
günün özeti, sabah bülteni, haber bülteni, موجز الأنباء, أبرز العناوين, نشرة الأخبار, حصاد اليوم
早报, 晚报, 新闻早报, 一周回顾, 今日要闻, ニュースまとめ, 今日のニュース, मुख्य समाचार, आज की बड़ी खबरें
rangkuman berita, berita terpopuler
""")
_EDITIONS = (
    "morning|evening|daily|weekly|weekend|nightly|news|tonight|today"
    "|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
)
ROUNDUP_PHRASES = Phrases(
    _any_case(
        r"\b(?:morning|evening|midday|afternoon) (?:news )?(?:brief|briefing|bulletin|digest|headlines)\b"
        rf"|\b(?:{_EDITIONS}) (?:news )?(?:round-?up|wrap|digest)\b|^round-?up:"
        rf"|\b(?:{_EDITIONS})['’]s (?:news )?(?:briefing|round-?up)\b"
        r"|^(?:today|tonight)['’]s headlines\b"
        r"|\b(?:\d+|three|five|ten) things (?:to know|you (?:need to|should) know)\b"
        r".{0,20}\b(?:today|tonight|morning|evening|week|weekend|day)\b"
        rf"|\b(?:\d+|three|five|ten) things to know (?:for|on|this) (?:{_EDITIONS})\b"
        r"|\bnews (?:brief|bulletin|summary)\b(?! (?:on|by|of|about)\b)"
        r"|\bwhat (?:you|we) missed (?:this|over|last|today|tonight|yesterday)\b"
        r"|\bwhat happened (?:today|on \w+day,? (?:\d{1,2} \w+|\w+ \d{1,2}))$|\b(?:top|biggest) (?:news )?stories (?:of|this)\b"
        r"|\b(?:this|the) week(?:end)? (?:in|around)\b.*\b(?:pictures|photos|review|brief|news)\b"
        r"|\b(?:photos|pictures|images) of the (?:day|week|month|year)\b"
        r"|\bdie nachrichten (?:am|des)\b|\blas noticias del? (?:la )?(?:día|semana)\b"
        r"|\bголовне за (?:день|тиждень)\b|^главные новости\b|\bbilder des tages\b"
        # Headings of bulletins in other languages, with or without a date.
        r"|^l['’]essentiel de l['’](?:actualité|info)\b|^les infos du jour\b"
        r"|\bce qu['’]il faut retenir (?:de|du|ce|cette)\b|^las noticias de hoy\b"
        r"|^le notizie (?:di oggi|del giorno|che hanno)\b|^as notícias (?:do dia|de hoje|que marc)"
        r"|^(?:het )?(?:belangrijkste )?nieuws van (?:vandaag|de dag)\b"
        r"|^(?:morgonens|kvällens) (?:viktigaste )?nyheter\b|^dagens viktigaste nyheter\b"
        r"|^najważniejsze (?:informacje|wydarzenia) (?:dnia|tygodnia|z)\b"
        r"|^главное (?:к этому часу|к утру|к вечеру|сегодня|на сегодня)\b|^günün (?:özeti|öne çıkan)"
        r"|^أبرز (?:أخبار|عناوين|الأخبار) (?:اليوم|الساعة)|ニュースまとめ|要闻(?:速览|汇总)"
        r"|오늘의 (?:주요 )?뉴스"
        # The dated edition of a programme.
        r"|^\d{1,2}/\d{1,2}: |\bedition \d{1,2}/\d{1,2}/20\d\d$"
        # Three headlines in one, or a headline and the next subject.
        r"|[^\W\d]['’”\"]?(?<!quot); (?:\S+ ){2,}\S*[^\W\d]['’”\"]?(?<!quot); (?:\S+ ){2,}"
        r"|\bplus\s*(?:[.…]\s*)+$"
    ),
    _hints(
        "brief|bulletin|digest|headlines|round|wrap| things |news |what you missed|what we missed|what happened|stories|"
        "this week|the week|photos of|pictures of|images of|nachrichten|noticias|за |новости|"
        "bilder des tages|essentiel de l|infos du jour|retenir|notizie|notícias|nieuws|nyheter|"
        "najważniejsze|главное|günün|أبرز|ニュースまとめ|要闻|뉴스|/|;|plus"
    ),
)
#: Beginnings of texts that introduce several subjects.
ROUNDUP_TEXTS = Phrases(
    _any_case(
        r"\bin today['’]s (?:issue|edition|newsletter)\b|\bthe big story\b|\bnews round-?up\b"
        r"|\bin our news wrap\b|\bessential (?:morning|evening) (?:viewing|listening|reading)\b|\bdaily (?:window|digest)\b|\bhere['’]s the latest at the end of\b"
        r"|\bwelcome to .{3,80}\bwhere we break down\b|\n[^.!?\n]{0,40}\b(?:daily|weekly): \w+ \d{1,2}, 20\d\d"
    ),
    _hints(
        "in today|big story|news round|news wrap|essential |daily|weekly|latest at the end of|welcome to"
    ),
)
_SUBJECT = r"[^\s,:;]+(?: [^\s,:;]+){1,7}"
#: Evidence that an edition of a newsletter has several subjects.
SEVERAL_SUBJECTS = _any_case(
    r"\. and, |\bplus:|\nalso, |▪|•|\bbrings you stories\b|\w; \w.*\w; \w"
    # A title that lists subjects of two words or more: "Briefing: …, … and …".
    rf"|\A[^:\n]{{3,40}}: {_SUBJECT}(?:, {_SUBJECT})+,? (?:and|und|et|y|e|en|och|og|i|и|ve)"
    rf" {_SUBJECT}$",
    re.MULTILINE,
)
NEWSLETTER = Phrases(
    _any_case(
        r"\bnewsletters?\b|\binfolettre\b|\bboletín\b|\bnieuwsbrief\b|\bnyhetsbrev\b"
        r"|\bрассылка\b"
    ),
    _hints("newsletter|infolettre|boletín|nieuwsbrief|nyhetsbrev|рассылка"),
)
NEWSLETTER_TEXT = Phrases(
    _any_case(r"\bthis is an edition of\b.{3,60}\bnewsletter\b|\bdaily newsletter\b"),
    _hints("newsletter"),
)

OPINION_SECTIONS = _lines("""
opinion, opinions, op ed, oped, commentisfree, comment, commentary, editorial, editorials, columns
columnist, columnists, column, ideas, viewpoint, viewpoints, views, voices, perspective, perspectives
analysis, letters, review, reviews, leaders, essay, essays, guest essay, cartoon, cartoons
meinung, kommentar, kommentare, leitartikel, debatte, gastbeitrag, kolumnen, kolumne, rezensionen
tribune, tribunes, editos, edito, chroniques, idees, debats, points de vue, critiques
opinión, columnas, columna, tribuna, editoriales, analisis, opinioni, commenti, editoriali
opiniao, opinião, colunas, colunistas, opinie, ledare, debatt, meninger, mielipide, felietony
мнения, мнение, opinions, mneniya, колонки, yazarlar, kose yazilari, opini, kolom, tajuk rencana
رأي, مقالات, 评论, 社论, 观点, 觀點, 社説, コラム, 論説, विचार, संपादकीय, 칼럼, 사설
""")
OPINION_MARKS = _lines("""
opinion, op-ed, analysis, news analysis, commentary, comment, column, contributor, editorial, review
letters to the editor, letters, viewpoint, essay, guest essay, perspective, book review, film review
the memo, meinung, kommentar, leitartikel, gastbeitrag, analyse, glosse, rezension, kolumne, opinión
análisis, columna, tribuna, tribune, édito, éditorial, chronique, point de vue, critique, opinione
editoriale, commento, analisi, recensione, opinião, análise, coluna, crítica, opinie, commentaar
recensie, ledare, krönika, debatt, recension, opinia, komentarz, felieton, recenzja, мнение, колонка
рецензия, авторская колонка, думка, رأي, مقال رأي, تحليل, افتتاحية, 评论, 社评, 社论, 社論, 观点, 觀點, 社説, コラム
論説, विचार, संपादकीय, yorum, analiz, köşe yazısı, görüş, opini, tajuk, kolom, analisis, 칼럼, 사설
""")
#: Parts of a byline, such as that of "Jo Doe, opinion columnist".
OPINION_BYLINES = OPINION_MARKS | _lines("""
editorial board, the editorial board, the editors, columnist, opinion columnist, guest columnist
contributing columnist, opinion contributor, guest contributor, opinion writer, guest essayist
film critic, theatre critic, theater critic, music critic, art critic, restaurant critic, book critic
kolumnist, kolumnistin, gastautor, gastautorin, gastkommentar, éditorialiste, chroniqueur
chroniqueuse, columnista, articulista, editorialista, colunista, columnista invitado, колумнист
köşe yazarı, felietonista
""")
OPINION_PHRASES = Phrases(
    _any_case(
        r"[\w'’”\"] reviews?: |\bletters to the editor\b|\bopen letter to\b|\bin defen[cs]e of\b"
        r"|^(?:the case (?:for|against)|it['’]s time (?:to|for)|stop \w+ing"
        r"|we (?:must|need|should|can['’]?t))\b"
    ),
    _hints(" review|letter|in defen|the case |s time |stop |we "),
)
OPINION_SLUGS = Phrases(
    _any_case(
        r"\b(?:tv|film|movie|book|album|music|theatre|theater|game|restaurant|concert) review\b"
    ),
    _hints(" review"),
)
#: First person outside quotations, and phrases about the author of the article.
OPINION_TEXTS = Phrases(
    re.compile(
        r"(?:\b(?!(?:do|did|am|can|could|should|may|must|will) )[a-z][\w'’]*|[—–]),? I(?:['’](?:m|ve|d|ll)\b| [a-z])"
        r"|(?<=[.!?] )(?:I [a-z]|My [a-z])|^I(?:['’](?:m|ve|d|ll)\b| [a-z])"
        r"|(?<=[a-zäöü,] )ich [a-z]|^Ich [a-z]|(?<=[а-я,] )я [а-я]|(?<=[a-z,] )j['’]ai\b"
        r"|\b(?:opinion|guest) (?:columnist|contributor|writer)\b|\b[Tt]he (?:writer|author) is an? ",
        re.MULTILINE,
    ),
    _hints("I |I'|I’|My | ich |Ich | я |j'ai|j’ai|columnist|contributor|writer|author"),
)
OPINION_BEGINNINGS = re.compile(
    r"(?:I|I['’](?:m|ve|d|ll)|My|(?:Why|How) I)\b(?!.*: \w+\n)", re.MULTILINE
)

MEDIA_SECTIONS = _lines("""
video, videos, video clips, clips video, watch, gallery, galleries, photos, photo, photo gallery
pictures, in pictures, photo essay, picture gallery, slideshow, slideshows, podcast, podcasts, audio
multimedia, bilder, bildergalerie, fotostrecke, fotostrecken, mediathek, diaporama
diaporamas, portfolio, en images, fotos, foto, galeria, galerias, fotogaleria, fotogallery, galleria
fotogalerie, videogalerie, vídeos, vídeo, видео, фото, фоторепортаж, подкасты, відео, galeri
foto galeri, video galeri, فيديو, صور, 视频, 图片, 動画, 写真, フォト, वीडियो, 영상, 포토
""")
MEDIA_MARKS = _lines("""
video, watch, photos, gallery, photo gallery, in pictures, in photos, in pics, pictures, slideshow
podcast, listen, audio, bildergalerie, fotostrecke, in bildern, vidéo, en images, diaporama, vídeo
videos, fotos, galería, en imágenes, en fotos, galeria, em imagens, foto, fotogallery, le immagini
beeld, in beeld, видео, фото, фоторепортаж, фотогалерея, подкаст, відео, galeri, foto galeri
بالفيديو, فيديو, بالصور, شاهد, 视频, 图集, 组图, 動画, 写真特集, वीडियो, तस्वीरें, 영상, 포토
""")
MEDIA_PHRASES = Phrases(
    _any_case(
        r"\bin (?:\d+ )?(?:pictures|photos|pics|images)\b|\bphoto gallery\b"
        r"|\bwatch the (?:full )?(?:video|interview)\b|\bpodcast:|\| [^|]*\bpodcast$"
    ),
    _hints("pictures|photo|pics|images|watch the |podcast"),
)

#: Words of a repeated headline that belongs to a news bulletin, not to a column.
BULLETIN_WORDS = _any_case(
    r"\b(?:news|brief|briefing|bulletin|headlines|latest|week|nachrichten|tagesschau|journal|noticias"
    r"|notizie|telegiornale|notícias|nieuws|новости|haberler|berita)\b|الأخبار|新闻|ニュース|समाचार"
)
