"""Flaws of titles: questions, teasers, features, live pages, quotations and loaded words."""

import re

from service.domain.locales.codes import language_or_english

_MIN_WORDS, _MAX_CHARACTERS = 3, 140
#: A title with a larger share of capitals among its cased letters counts as all caps.
_MAX_UPPERCASE_SHARE = 0.7
#: The start of a title, or of its part after a colon or a dash.
_START = r"(?:^|[:|–—]\s*|\s-\s)[\W_]*"

_LIVE_OR_ROUNDUP = re.compile(
    r"\b(live (updates?|blog|coverage|feed|stream)|as it happened|follow live|"
    r"(morning|evening|daily|news) (briefing|update|digest|roundup|rundown)|in pictures|podcast|quiz|"
    r"watch live)\b|^(live|watch|video|photos|update)\b\s*[:|–-]|[-–|:]\s*live\b|"
    r"\blive(:|\s+[–|-]\s)",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？؟]|^\W*¿")
_QUESTION_WORD = {
    "en": r"who|what|why|how|when|where|which|whose",
    "de": r"wer|was|warum|wieso|weshalb|wie|wann|wo|welche[rsnm]?",
    "fr": r"qui|que|pourquoi|comment|quand|où|quel(le)?s?",
    "es": r"quién(es)?|qué|por qué|cómo|cuándo|dónde|cuál(es)?",
    "it": r"chi|che cosa|cosa|perché|come|quando|dove|quale",
    "pt": r"quem|o que|por que|como|quando|onde|qual",
    "nl": r"wie|wat|waarom|hoe|wanneer|waar|welke",
    "ru": r"кто|что|почему|зачем|как|когда|где|какой|какие",
    "uk": r"хто|що|чому|навіщо|як|коли|де|який|які",
    "pl": r"kto|co|dlaczego|jak|kiedy|gdzie|który",
    "tr": r"kim|ne|neden|niçin|nasıl|nerede|hangi",
    "ar": r"من هو|ماذا|لماذا|كيف|متى|أين|هل",
    "fa": r"چه کسی|چرا|چگونه|چطور|کجا|آیا",
    "sv": r"vem|vad|varför|hur|när|vilk(en|et|a)",
    "da": r"hvem|hvad|hvorfor|hvordan|hvornår|hvor|hvilk(en|et|e)",
    "nb": r"hvem|hva|hvorfor|hvordan|når|hvor|hvilk(en|et|e)",
    "cs": r"kdo|co|proč|jak|kdy|kde|který",
    "ro": r"cine|ce|de ce|cum|când|unde|care",
    "hu": r"ki|miért|hogyan|mikor|hol|melyik",
    "el": r"ποι(ος|α|ο|οι)|τι|γιατί|πώς|πότε|πού",
    "id": r"siapa|apa|mengapa|kenapa|bagaimana|kapan|di mana",
    "hi": r"क्या|क्यों|कैसे|कौन|कब|कहां",
}
_QUESTION_WORD["no"] = _QUESTION_WORD["nb"]
_QUESTION_START = {
    language: re.compile(rf"{_START}(?:{words})\b", re.IGNORECASE)
    for language, words in _QUESTION_WORD.items()
}
_FEATURE = re.compile(
    rf"{_START}(those|these|this is|here(’|')?s|here are|here is|read the|take a look|meet|introducing|breaking down|inside|behind the|watch|see it|look|"
    r"listen|sorry|imagine|forget|opinion|analysis|explainer|explained|fact[- ]check|review|recap|"
    r"preview|profile|timeline|q&a|column|from [‘“'\"]|outrage as|if you|map shows|everything)\b|"
    r"\b(takeaways?|best (photos|pictures|moments|reactions)|chances of|(things|what) (you (need )?)?to know|what we know|need to know|"
    r"the (true|real|full|inside|untold) story|story (of|behind)|reacts? to|reactions? to|"
    r"details (behind|of .* revealed)|drastic step|mysterious|to watch\b|timeline update|"
    r"what we learned|this is why|hints at|honest assessment|what(’|')s to come|(gives|shares|new|raw) (\w+ )?update|"
    r"speaks out|opens up|breaks ((her|his|their) )?silence|gets honest|goes there|"
    r"biggest (bombshells|moments)|reasons (why|to)|ways to|lessons from|remembering|revisiting|much[- ]needed|"
    r"gets? (clarity|good news|bad news)|spots why|reveals what|scandal:|updates?:)\b|"
    r"\b(explained|explainer|fact[- ]check|in photos|photo gallery|first look)\W*$",
    re.IGNORECASE,
)
#: Nouns of lists such as "Five things", by language.
_LISTED = {
    "en": r"things|questions|takeaways|storylines|winners|moments",
    "de": r"dinge|gründe|fragen|fakten|punkte",
    "fr": r"choses|questions|raisons|points",
    "es": r"cosas|claves|preguntas|razones",
    "it": r"cose|domande|motivi|punti",
    "pt": r"coisas|perguntas|motivos|pontos",
    "nl": r"dingen|vragen|redenen|feiten",
    "ru": r"фактов|факта|вопросов|вопроса|причин|причины",
    "uk": r"фактів|факти|питань|питання|причин|причини",
    "pl": r"rzeczy|pytań|pytania|powodów|powody",
    "tr": r"soruda|maddede|soru|neden",
    "ar": r"أشياء|أسباب|أسئلة|نقاط",
    "fa": r"نکته|دلیل|سؤال|سوال",
}
#: Numbers of such lists as words. Other languages have them as digits.
_LIST_NUMBERS = {
    "en": "three|four|five|six|seven|eight|nine|ten",
    "de": "drei|vier|fünf|sechs|sieben|acht|neun|zehn",
    "fr": "trois|quatre|cinq|six|sept|huit|neuf|dix",
    "es": "tres|cuatro|cinco|seis|siete|ocho|nueve|diez",
    "it": "tre|quattro|cinque|sei|sette|otto|nove|dieci",
    "pt": "três|quatro|cinco|seis|sete|oito|nove|dez",
    "nl": "drie|vier|vijf|zes|zeven|acht|negen|tien",
    "ru": "три|четыре|пять|шесть|семь|десять",
    "uk": "три|чотири|п'ять|шість|сім|десять",
    "pl": "trzy|cztery|pięć|sześć|siedem|dziesięć",
}
#: A list at the start of a title or of its second part: "Five key questions", "Ferry: 5 things".
_LIST = {
    language: re.compile(
        rf"{_START}(?:\d{{1,2}}|{_LIST_NUMBERS.get(language, '[٠-٩]')}) (?:[^\W\d_]+ )?(?:{nouns})\b",
        re.IGNORECASE,
    )
    for language, nouns in _LISTED.items()
}
#: Explainers, backgrounds and teasers, by language.
_FEATURES = {
    "en": r"\breveals? (?:the |an? )?(?:exact|real|true|shocking|secret|surprising|reason|why|how|what|who|"
    r"where)\b|\b(?:key|biggest) (?:results|revelations|questions|winners)\b|\bcrash course\b|"
    r"\b(?:worse|better|bigger) than you think\b|\bto keep an eye on\b|\b(?:disturbing|troubling) details?\b|"
    r"\bthe good,? (?:the )?bad\b|\bstatus revealed\b|\btimeline of\b|\bnew details (?:on|about|in|from|of|revealed)\b|\bmajor (?:update|twist|blow)\b|"
    r"\b(?:astonishing|bombshell|terrifying|unsettling|jaw-dropping)\b|\bthe one thing\b|"
    r"\bhere(?:’|')?s (?:what|why|how|when|where|who)\b|\b(?:nobody|no one) saw coming\b",
    "de": r"^(?:so|darum|deshalb|das ist|hier|alles (?:zu|über|wichtige))\b|\bwas wir wissen\b|"
    r"\bwas (?:bisher )?bekannt ist\b|\bdas wissen wir\b|\bwissen (?:müssen|sollten)\b|"
    r"\b(?:müssen|sollten) sie\b.*\bwissen\b|\bim (?:porträt|überblick|faktencheck)\b|\bfragen und antworten\b",
    "fr": r"^(?:voici|ce que|ce qu['’]|tout savoir|portrait|récit|décryptage|analyse|reportage)\b|"
    r"\bce (?:que l['’]on|qu['’]on|qu['’]il faut) sa(?:it|voir)\b|\bcinq (?:choses|questions)\b",
    "es": r"^(?:así|esto es|estos son|lo que|todo lo que|las claves|claves|perfil|análisis|crónica)\b|"
    r"\blo que (?:se sabe|sabemos|hay que saber)\b",
    "it": r"^(?:ecco|così|tutto (?:quello|ciò)|cosa sappiamo|il ritratto|analisi)\b|"
    r"\bcosa (?:sapere|sappiamo|si sa)\b",
    "pt": r"^(?:veja|saiba|entenda|confira|conheça|o que|tudo (?:o que|sobre)|análise)\b",
    "nl": r"^(?:zo|dit is|dit zijn|alles over|wat we weten)\b|\b(?:wat we weten|weten we)\b|"
    r"\bmoet je weten\b",
    "ru": r"^(?:вот|главное о|всё о|все о|разбор|объясняем|история)\b|\bчто известно\b|\bрассказываем\b",
    "uk": r"^(?:ось|головне про|все про|пояснюємо|історія)\b|\bщо відомо\b",
    "pl": r"^(?:oto|tak|wszystko o|analiza)\b|\bco wiemy\b|\bco wiadomo\b",
    "tr": r"^(?:işte|tüm detaylarıyla)\b|\bmerak edil\w+|\bbilinmesi gereken\w*|\bkimdir\b|\bneler biliniyor\b",
    "ar": r"^(?:تعرف على|إليك|إليكم|كل ما|ما نعرفه|القصة الكاملة|شاهد)|\bما الذي نعرفه\b",
    "fa": r"^(?:همه چیز درباره|آنچه|روایت)|آنچه باید بدانید",
    "zh": r"一文看懂|一文读懂|盘点|揭秘|深度|解读|解讀|懶人包|怎么回事|背后的|"
    r"(?:我们|我們)知道(?:什么|什麼)|(?:为|為)(?:什么|什麼|何)|須知|须知",
    "ja": r"とは$|まとめ$|解説|真相|[一二三四五六七八九\d]つの理由|知っておくべき|"
    r"何が(?:起き|あった)|なぜ|[わ分]かっていること",
    "ko": r"총정리|알아야 할|무슨 일|^왜 ",
    "sv": r"\bvet vi\b|^(?:här är|så)\b",
    "da": r"\bved vi\b|^(?:her er|sådan)\b",
    "nb": r"\bvet vi\b|^(?:her er|slik|dette)\b",
    "cs": r"\bco víme\b|\bco se ví\b",
    "ro": r"\bce (?:știm|se știe|trebuie să știi)\b|^iată\b",
    "hu": r"\b(?:mit|amit) tudunk\b|\btudni kell\b",
    "el": r"τι γνωρίζουμε|τι ξέρουμε|όλα όσα",
    "id": r"\byang (?:kita|perlu)(?: di)?ketahui\b|^(?:ini dia|berikut|fakta)\b",
    "hi": r"अब तक क्या|क्या पता|जानिए|जानें",
}
_FEATURES["no"] = _FEATURES["nb"]
_FEATURE_OF = {language: re.compile(words, re.IGNORECASE) for language, words in _FEATURES.items()}
#: A clause about the context at the start: "As talks fail, minister …"; typical of analyses.
_CONTEXT_FIRST = {
    "en": re.compile(r"^(?:as|amid|despite|after all|with)\b[^,]{3,90}, ", re.IGNORECASE),
    "de": re.compile(r"^(?:während|trotz|nach all)\b", re.IGNORECASE),
    "fr": re.compile(r"^(?:alors que|malgré|face à)\b[^,]{4,90}, ", re.IGNORECASE),
    "es": re.compile(r"^(?:mientras|pese a|a pesar de|ante)\b[^,]{4,90}, ", re.IGNORECASE),
    "ru": re.compile(r"^(?:на фоне|пока|несмотря на)\b", re.IGNORECASE),
}
#: Titles that withhold a statement, a result or a decision, or begin with a pronoun, by language.
_WITHHOLDING = {
    "en": r"\bissues? (?:a |an )?(?:\w+ )?statement\b|\bsounds? (?:the )?alarm\b|\b(?:hefty|heavy|harsh|"
    r"massive|surprising|huge|big|key) (?:punishment|penalty|decision|announcement|verdict|news)\b|"
    r"\bmakes? (?:a |an )?(?:\w+ )?(?:announcement|admission|confession|decision)\b|"
    r"\b(?:emotional|promising|heartfelt|candid|cryptic) (?:update|message|post|statement)\b|"
    r"\b(?:brutal|stark|blunt) (?:reminder|message|assessment)\b|\b(?:fresh|new) (?:battle|twist)\b|"
    r"\bresponds? to\b|\breflects on\b|\bgets real\b|\bhas (?:\w+ )?reaction\b|"
    r"\bsends? (?:a |an )?(?:\w+ )?message\b|\bdrops? (?:a |an )?(?:\w+ )?reminder\b|"
    r"^(?:he|she|they|it)\b",
    "de": r"\bäußert sich\b|\bmeldet sich zu wort\b|\bbricht (?:sein|ihr) schweigen\b|"
    r"\bmit klaren worten\b|\bsteckt dahinter\b|^(?:er|sie)\b",
    "fr": r"\bréagit\b|\bs['’]exprime\b|\b(?:brise|sort de) (?:le|son) silence\b|^(?:ils?|elles?)\b",
    "es": r"\brompe el silencio\b|\breacciona\b|\bse pronuncia\b|^(?:él|ellas?|ellos)\b",
    "it": r"\brompe il silenzio\b|\bla reazione\b|^(?:lui|lei|loro)\b",
    "pt": r"\bquebra o silêncio\b|\bse pronuncia\b|\breage\b|^(?:eles?|elas?)\b",
    "nl": r"\bdoorbreekt (?:de )?stilte\b|\breageert\b|^(?:hij|zij|ze)\b",
    "ru": r"\bпрокомментировала?\b|\bвысказал(?:ся|ась)\b|\bотреагировала?\b|^(?:он|она|они)\b",
    "uk": r"\bпрокоментува(?:в|ла)\b|\bвислови(?:вся|лася)\b|\bвідреагува(?:в|ла)\b|"
    r"^(?:він|вона|вони)\b",
    "pl": r"\bprzerywa milczenie\b|\bzabrał[ao]? głos\b|\bskomentował[ao]?\b|^(?:ona?|oni)\b",
    "tr": r"\bsessizliğini bozdu\b|\baçıklama yaptı\b|\bflaş gelişme\b",
    "ar": r"\bيعلق على\b|\bيخرج عن صمته\b|^(?:هو|هي)\b",
}
_WITHHOLDING_IN = {
    language: re.compile(words, re.IGNORECASE) for language, words in _WITHHOLDING.items()
}
_QUOTATION = re.compile(
    r"^\W*[‘“\"«„'].*(?:[’”\"»']\s*[:,–—-]|[.!][’”\"»'] )|^[^:]{3,60}:\s+(?:[‘“\"«„']|I\b|We\b)"
)
#: A title that begins with a quotation, and one with an indirect question.
_OPENING_QUOTATION = re.compile(r"^\W*[‘“\"«„'][^’”\"»]+ [^’”\"»]+[’”\"»'](?!\w)")
_INDIRECT_QUESTION = re.compile(r"\b(?:on|over) whether\b", re.IGNORECASE)
#: A plain sentence before another one: "Cars race in Orlan. Crowds gather".
_BEFORE_SENTENCE = re.compile(r"^(?P<plain>[^.?!]{25,}[^\W\d_A-Z]{4})\. (?=\S)")
_ELLIPSIS = re.compile(r"…|\.\.\.")
_LABEL = re.compile(
    r"^\W*(exclusive|breaking|just in|first on \w+|report|scoop|update|alert|must[- ]see)\s*[:|–—-]",
    re.IGNORECASE,
)
#: Strong words, in titles and in sentences.
LOADED = re.compile(
    r"\b(blast(s|ed)?|slam(s|med)?|rip(s|ped)|bombshells?|shock(s|ing|ed)?|stunn(ed|ing|er)|outrage|"
    r"swipes?|fuming|wild|viral|explosive|fumes?|jabs?|erupts (at|over)|insult(s|ed)?|roasts?|wows|illegals|"
    r"peddle|destroys|skewers|disgraced|heartburn|gruesome|heartbreaking|chilling)\b|!",
    re.IGNORECASE,
)
#: Words of judgement or mockery: a sentence with one is not quoted.
JUDGEMENT = re.compile(
    r"\b(bizarre|unleash(es|ed)|goons?|twisted|crackpot|bust(ed|s)|trash(es|ing|ed)|spurned|"
    r"torch(es|ed)|hilarious|insane|miraculously|meltdown|melts? down|unhinged|vile|claps? back|"
    r"savage|jaw-dropping|goes off|dunks|humiliat\w+|stupid|crazy|drops jaws|sore losers?|woke|"
    r"smack(s|ed)? down|bonkers|screws up|flops?|fantasy|embarrass(ing|es)|spectacularly|"
    r"pathetic|cornered|blonde|horror|cuck|rino|freak-out|thirst(s|ed) (for|after)|disastrous|brutal dictator|baseless|"
    r"crude|mania|\w+-obsessed|idiot\w*|moron\w*|radical left|far-left|clown|hell-?hole|peripatetic|theatrics)\b",
    re.IGNORECASE,
)

#: Weights of flaws, powers of two: each flaw outweighs all lighter flaws together.
_EMPTY, NOT_PLAIN = 64, 32
#: Weights of the flaws that a plain title may have.
HEAVY_FLAW, MEDIUM_FLAW, LIGHT_FLAW = 4, 2, 1
SLIGHT_FLAWS = MEDIUM_FLAW | LIGHT_FLAW
#: A title with a smaller penalty is plain.
PLAIN_BELOW = 2 * HEAVY_FLAW
#: Weight of a live note, the same as that of a video in `headline.title_penalty`.
LIVE_FLAW = 16


def text_penalty(title: str, language: str = "") -> int:
    """Penalty of a title, or of a part of it, as a headline; 0 for a plain one.

    An empty title has the highest penalty. Lower penalties follow in this order: a question, a
    feature, a live page, capitals or words of judgement; a quotation, a label, an ellipsis, a
    withheld statement or result, a pronoun as subject, or a sentence after a plain one; loaded
    words or a beginning about the context; a quotation at the beginning or an unusual length.
    """
    title = title.strip()
    start = _BEFORE_SENTENCE.match(title)
    if start and not text_penalty(start["plain"], language) & ~SLIGHT_FLAWS:
        return text_penalty(start["plain"], language) | HEAVY_FLAW
    flaws = {
        _EMPTY: not title,
        NOT_PLAIN: _is_mostly_uppercase(title)
        or _is_question(title, language)
        or _is_feature(title, language)
        or bool(_LIVE_OR_ROUNDUP.search(title) or JUDGEMENT.search(title)),
        HEAVY_FLAW: any(each.search(title) for each in (_QUOTATION, _LABEL, _ELLIPSIS))
        or _withholds(title, language),
        MEDIUM_FLAW: bool(
            LOADED.search(title)
            or _INDIRECT_QUESTION.search(title)
            or _is_context_first(title, language)
        ),
        LIGHT_FLAW: len(title) > _MAX_CHARACTERS
        or bool(_OPENING_QUOTATION.search(title))
        or (title.isascii() and len(title.split()) < _MIN_WORDS),
    }
    return sum(weight for weight, applies in flaws.items() if applies)


def _is_mostly_uppercase(title: str) -> bool:
    """Whether most letters of a title are capitals."""
    cased = [letter for letter in title if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in cased) > _MAX_UPPERCASE_SHARE * len(cased)


def _is_question(title: str, language: str) -> bool:
    starts = _QUESTION_START.get(language_or_english(language))
    return bool(_QUESTION.search(title) or (starts and starts.search(title)))


def _is_feature(title: str, language: str) -> bool:
    language = language_or_english(language)
    own = [each[language] for each in (_FEATURE_OF, _LIST) if language in each]
    return bool(_FEATURE.search(title)) or any(pattern.search(title) for pattern in own)


def _withholds(title: str, language: str) -> bool:
    pattern = _WITHHOLDING_IN.get(language_or_english(language))
    return bool(pattern and pattern.search(title))


def _is_context_first(title: str, language: str) -> bool:
    pattern = _CONTEXT_FIRST.get(language_or_english(language))
    return bool(pattern and pattern.search(title))
