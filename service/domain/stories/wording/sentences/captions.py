"""Captions of pictures among the sentences of reports."""

import re

#: A sentence with a time at its end and without such a verb is a caption: "The dam last month."
_VERB = re.compile(
    r"\b(is|are|be|been|had|will|would|can|could|may|might|must|should|do|did|won|lost|said|told|"
    r"made|took|went|came|got|left|found|held|met|set|put|cut|hit|led|sent|spent|began|became|fell|"
    r"rose|gave|saw|shot|fought|struck|broke|spoke|drew|blew|shook|have|"
    r"(?!(?:his|its|this|news|across|as)\b)[a-z]{2,}(?:ed|s))\b"
)
#: The caption of a photo: a view, or people in the present tense and the date of the photo.
_PHOTO = re.compile(
    r"^\W*An? (?:general|aerial|file|drone) view\b|\b(?:is|are) (?:seen|pictured|shown) "
    r"(?:at|in|on|during|outside|near)\b|, (?:seen|shown|pictured) (?:here )?in an?\b|"
    r"\bin an? (?:undated |recent )?(?:file|handout|booking) (?:photo|image|picture|shot)\b|"
    r"\bpos(?:es?|ed|ing) for (?:a )?(?:\w+ )?(?:selfie|photo|photograph|picture|portrait)s?\b|"
    r"\b(?:arrives?|appears?|attends?|speaks?|walks?|stands?|poses?|waves?|gestures?|listens?|"
    r"looks?|sits?|smiles?|departs?|boards?|performs?|reacts?)\b.*\bon [A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}\b"
)
_TIME_AT_END = re.compile(
    r"\b(?:last|this|on|in|earlier) (?:[A-Z]?[a-z]+|\d{4}|[A-Z][a-z]+\.? \d{1,2}, \d{4})\.$"
)
#: A sentence in the present tense with a weekday at its end is a caption, too.
_DAY_AT_END = re.compile(r"\bon (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\W*$")
_PAST_OR_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|be|been|had|has|have|will|would|can|could|may|might|must|should|did|won|"
    r"lost|said|told|made|took|went|came|got|left|found|held|met|led|sent|began|became|fell|rose|"
    r"gave|saw|shot|fought|struck|broke|spoke|drew|blew|shook|dug|drove|hung|bent|built|burst|cast|"
    r"crept|dealt|fed|fled|flung|forbade|forgot|froze|grew|kept|knew|laid|lay|let|lit|meant|paid|"
    r"quit|rode|rang|ran|sought|sold|set|put|cut|hit|hurt|shed|shut|sang|sank|sat|slept|slid|sped|"
    r"spun|split|spread|sprang|stood|stole|stuck|stung|swore|swept|swam|swung|taught|tore|thought|"
    r"threw|understood|upset|woke|wore|wept|withdrew|wrote|flew|drank|ate|chose|caught|brought|"
    r"bought|bound|bore|beat|bit|bled|overcame|spent|(?!need|feed)[a-z]{2,}ed)\b"
)
#: Frequent verbs after a plural noun: "officials say".
_PLURAL_VERB = re.compile(
    r"\b(?:say|tell|want|need|seek|think|know|keep|let|bring|buy|pay|run|sit|stand|mean|remain|face|"
    r"call|plan|aim|urge|warn|claim|report|show|believe|continue|appear|seem|expect|include|move|"
    r"play|plead|sue|vote|visit|join|kill|mourn|gather|prepare|await|demand|question|push|see|go|"
    r"come|get|make|take|give|begin|fall|rise|hold|meet|set|put|cut|hit|lead|win|lose|leave|do|fight|"
    r"strike|break|draw|grow|fear|hope|struggle|agree|accuse|reject|back|oppose|criticise|criticize|"
    r"search|besiege|raise|block|try|work|live|look|turn|start|stop|open|close|attack|protest|"
    r"recover|discover|celebrate|sell|spread|threaten)\b"
)
#: A plural of a noun stands before these words, at the end, or before a comma; a verb does not.
_ENDS_IN_S = re.compile(
    r"\b(?!(?:his|its|this|across|news)\b)[a-z]{2,}s\b(?! (?:of|and|or|in|at|on|from|for|with|near|as|over)\b|[,.;:]|\W*$)"
)
#: A clause after a noun; without another verb, the sentence is not complete: "Karsia as he left".
_PRONOUN_CLAUSE = re.compile(
    r"(?<=\w)(?: [—–-])? (?:as|while|when|where) (?:he|she|it|they) [^,;—–]*"
)
_POSSESSED = re.compile(r"[’']s \w+")
#: A date with its year dates a photo, unless the verb is one of schedules.
_FULL_DATE = re.compile(r"\b(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}),? \d{4}\b")
_SCHEDULED = re.compile(r"\b(?:begins?|starts?|opens?|ends?|expires?|takes? effect|runs?)\b")
_CONTRACTION = re.compile(r"[’'](?:s|re|ve|ll|d|t)\b")
_RELATIVE_CLAUSE = re.compile(r", (?:which|who)\b[^,]*,")


def is_caption(sentence: str) -> bool:
    """Whether an English sentence has no main verb, or only ones of a caption in the present tense.

    A verb in a clause such as "as he arrived" is not the main one.
    """
    main, clauses = _PRONOUN_CLAUSE.subn(" ", sentence)
    if (
        _PHOTO.search(sentence)
        or (_TIME_AT_END.search(sentence) and not _VERB.search(_RELATIVE_CLAUSE.sub(",", sentence)))
        or (clauses and not has_verb(_POSSESSED.sub(" ", main)))
    ):
        return True
    return not _PAST_OR_AUXILIARY.search(sentence) and _is_dated_or_verbless(sentence)


def _is_dated_or_verbless(sentence: str) -> bool:
    """Whether a sentence without a past tense has the date of a picture, or no verb at all."""
    is_dated = _FULL_DATE.search(sentence) and not _SCHEDULED.search(sentence)
    if is_dated or _DAY_AT_END.search(sentence):
        return True
    return not (_CONTRACTION.search(sentence) or has_verb(sentence))


def has_verb(text: str) -> bool:
    """Whether an English text in small letters seems to have a verb."""
    return any(each.search(text) for each in (_PAST_OR_AUXILIARY, _ENDS_IN_S, _PLURAL_VERB))
