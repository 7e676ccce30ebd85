"""Recognition of pages that contain no article: paywall stubs and consent pages."""

import re
from enum import StrEnum
from urllib.parse import urlsplit


class Stub(StrEnum):
    """Kind of a page without a complete article."""

    PAYWALL = "paywall"
    CONSENT = "consent"


#: A text with such a sentence is a stub unless an article of this length precedes it.
_WHOLE_ARTICLE = 3000
#: Longer pages that mention privacy are articles.
_LONGEST_CONSENT = 2500

#: Structured data of publishers (schema.org, property isAccessibleForFree).
_NOT_FREE = re.compile(
    r"\"isAccessibleForFree\"\s*:\s*(?:\"?false\"?|\[\s*\"?false\"?)", re.IGNORECASE
)
_PAYWALL = re.compile(
    r"(?:subscribe|sign (?:up|in)|log ?in|register|join)[^.!?]{0,60}\bto (?:continue|keep|read|unlock|access)"
    r"|(?:continue|keep) reading[^.!?]{0,40}(?:subscri|account|member|trial)"
    r"|already (?:a |an )?(?:subscriber|subscribed|member|have an account)"
    r"|(?:this|the) (?:article|content|story) is (?:reserved )?(?:only )?(?:for|available to) (?:our )?(?:subscribers|members)"
    r"|exclusive(?:ly)? (?:for|to) (?:our )?subscribers|(?:subscriber|member)s? only"
    r"|you(?:'|’)ve (?:reached|read) your (?:limit|last|monthly)|free articles? (?:left|remaining)"
    r"|(?:jetzt|mit) [^.!?]{0,40}(?:weiterlesen|abonnieren)|bereits abonnent|nur für abonnenten"
    r"|(?:réservé|accessible)[^.!?]{0,30}(?:aux|à nos) abonnés|déjà abonné|il vous reste [^.!?]{0,20}à lire"
    r"|(?:solo|exclusivo|contenido)[^.!?]{0,30}(?:para|de) suscriptores|suscríbete para (?:seguir|leer|continuar)"
    r"|(?:riservato|solo)[^.!?]{0,30}(?:agli|per gli) abbonati|abbonati per (?:continuare|leggere)"
    r"|(?:exclusivo|conteúdo)[^.!?]{0,30}para assinantes|assine para (?:continuar|ler)"
    r"|alleen voor abonnees|al abonnee|dalsza część (?:artykułu )?(?:jest )?dostępna"
    r"|только (?:для|по) подписчик|для подписчиков|会員限定|有料会員|付费|订阅后阅读|구독자 전용|للمشتركين فقط",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"before you continue|we (?:value|care about|respect) your privacy|your privacy (?:choices|matters)"
    r"|(?:accept|reject|manage)(?: all)?(?: the)? cookies|cookie (?:consent|preferences|settings)"
    r"|we and our (?:\d+ )?partners|store and/or access information on a device"
    r"|bevor (?:du|sie) fortf|wir (?:schätzen|respektieren) ihre privatsphäre|alle(?: cookies)? akzeptieren"
    r"|avant de continuer|nous respectons votre vie privée|tout accepter|accepter et continuer"
    r"|antes de continuar|valoramos (?:tu|su) privacidad|aceptar (?:todo|cookies)|prima di continuare"
    r"|accetta (?:tutto|tutti|i cookie)|voordat je verdergaat|aceitar (?:todos|cookies)",
    re.IGNORECASE,
)
_CONSENT_PAGE = re.compile(
    r"^(?:consent|guce|cmp|privacy|cookie)[.-]|/(?:consent|cookie-?wall|privacy-gate)\b"
)


def identify_stub(text: str, *, html: str, url: str) -> Stub | None:
    """Return the kind of a page without a complete article, or None.

    `text` is the text extracted from `html`; `url` is the URL after redirects.
    """
    parts = urlsplit(url)
    if _CONSENT_PAGE.search(parts.hostname or "") or _CONSENT_PAGE.search(parts.path):
        return Stub.CONSENT
    if _NOT_FREE.search(html):
        return Stub.PAYWALL
    if len(text) < _LONGEST_CONSENT and _CONSENT.search(text):
        return Stub.CONSENT
    wall = _PAYWALL.search(text)
    return Stub.PAYWALL if wall and wall.start() < _WHOLE_ARTICLE else None
