"""Tests of the choice of sentences that may be quoted."""

import pytest

from service.domain.stories.wording.sentences.quotable import quotable_sentences

GOOD = "A ferry struck the pier of Orlan harbour on Monday evening, hurting twelve people."


def quotable(text: str, language: str = "en") -> list[str]:
    return [each.text for each in quotable_sentences(text, language)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", GOOD),
        ("en", "The Orlan ferry struck a pier on Monday evening, hurting twelve people."),
        ("en", 'Mayor Anna Pell said the city would "rebuild the pier before the summer".'),
        ("de", "Eine Fähre hat am Montagabend im Hafen von Orlan die Mole gerammt."),
        ("ru", "Паром столкнулся с причалом в порту Орлана вечером в понедельник."),
        ("tr", "Orlan limanında bir feribot pazartesi akşamı iskeleye çarptı."),
        ("ar", "اصطدمت عبّارة برصيف ميناء أورلان مساء الاثنين وأصيب اثنا عشر شخصا."),
        ("hi", "ओरलान बंदरगाह पर सोमवार शाम एक नौका घाट से टकरा गई और बारह लोग घायल हुए।"),
        ("zh", "周一晚上，一艘渡轮在奥兰港撞上码头，造成十二人受伤。"),
    ],
)
def test_sentence_that_stands_alone_is_quotable(language: str, text: str) -> None:
    assert quotable(text, language) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "A ferry struck the pier of Orlan harbour on Monday evening, hurting…",
        "A ferry struck the pier of Orlan harbour on Monday evening, hurting [...]",
        "hurting twelve people as it struck the pier of Orlan harbour on Monday.",
        "Who steered the ferry that struck the pier of Orlan harbour?",
        "“We heard a loud noise and ran to the pier of Orlan harbour.”",
        "A ferry struck “the pier of Orlan harbour on Monday evening, he said.",
        "Orlan harbour is closed.",
    ],
)
def test_fragments_questions_and_quotations_are_not_quotable(text: str) -> None:
    assert quotable(text) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "But it was the ferry's third collision with the pier of Orlan harbour this year."),
        ("en", "The incident closed the harbour of the town of Orlan for several days."),
        ("en", "The captain, also a pilot, later resigned from the ferry company of Orlan."),
        ("en", "On Tuesday evening his lawyers rejected the charges in the court of Orlan."),
        ("en", "In response, Orlan's mayor promised to rebuild the pier before the summer."),
        ("de", "Er sagte der Polizei im Hafen von Orlan, eine Böe habe die Fähre erfasst."),
        ("fr", "Il a déclaré à la police du port d'Orlan qu'une rafale avait poussé le ferry."),
        ("es", "Esto ocurrió el lunes por la noche en el puerto de Orlan, dijo la policía."),
        ("ru", "Он сообщил полиции порта Орлана, что паром снесло порывом ветра."),
        ("tr", "Bu, feribotun Orlan limanındaki bu yılki üçüncü kazası oldu."),
        ("zh", "他对奥兰港警方说，一阵大风把渡轮推向了码头。"),
    ],
)
def test_sentence_that_needs_its_neighbour_is_not_quotable(language: str, text: str) -> None:
    assert quotable(text, language) == []


@pytest.mark.parametrize(
    "text",
    [
        "Continue reading about the ferry and the pier of Orlan harbour.",
        "Follow our live blog for the latest on the ferry that struck the pier of Orlan.",
        "Follow the latest as Orlan's mayor speaks about the ferry and the pier.",
        "Sign up for our newsletter with all news about the pier of Orlan harbour.",
        "The post Ferry hits pier in Orlan harbour appeared first on Daily.",
        "Correspondent Anna Pell has more on the ferry and the pier of Orlan harbour.",
        "Anna Pell joins Channel Nine with the latest on the ferry and the pier of Orlan.",
        "Here's what we know about the ferry that struck the pier of Orlan harbour.",
        "Inspectors examine the ferry after storm The harbour of Orlan has been closed.",
        "The dam near Lake Orlan in Karsia last month.",
        "Anna Pell New boats have been built in the harbour of Orlan since Monday.",
        "Inquiry after storm hits the official residence Karsia has opened an inquiry on Monday.",
        "Ferry owners face an inquiry after the storm Ferry owners face more questions on Monday.",
        "In tonight's edition: a ferry struck the pier of Orlan harbour on Monday.",
        "Mayor Anna Pell arrives to chair a hearing about the ferry on May 19, 2026.",
        "Anna Pell and the harbour master attend a memorial at Orlan on Sept. 2, 2026, in Karsia.",
        "A general view of the damaged ferry in which twelve passengers were injured in Orlan.",
        "University of Orlan A University of Orlan professor has resigned over the ferry report.",
        "Orlan Harbour Two passengers of the ferry are dead after it struck the pier.",
        "Harbour News has exclusively learned that the ferry of Orlan will sail again.",
        "HNR's Anna Pell asks the mayor of Orlan about the pier and the ferry.",
        "State of play: The ferry of Orlan harbour sails again on Monday evening.",
        "EXCLUSIVE - ORLAN - Harbour master Anna Pell has a message for the owners of ferries.",
        "Hand touching the wheel of a ferry in the harbour of Orlan",
        "A sailor in a yellow coat carries ropes along the pier of Orlan on Saturday.",
        "Mayor Anna Pell participates in a memorial during a visit on May 19, 2026 in Orlan, Lake.",
        "Mayor Anna Pell with the harbour master as she arrived at Orlan for a memorial last year.",
        "Mayor Anna Pell’s visit to the harbour of Orlan — where she hopes to meet the sailors.",
        "Anna Pell, the mayor of Orlan, has a significant update about the ferry and its pier.",
        "Citing the report of the Orlan inspectors, she rejected the plan for a third ferry.",
        "The ferry of Orlan, in a handout photo, leaving the harbour for the lake in April.",
        "The ferry of Orlan, shown in an artist’s drawing, has sailed the lake for years.",
        "Anna Pell and Ilka Brenn posed for a selfie with sailors of Orlan earlier this year.",
        "Image: Harbour News The ferry of Orlan is sailing again after the storm on Monday.",
        "Pictures It has been three years since the ferry first sailed to Orlan.",
        "You can watch the ferry strike the pier of Orlan harbour on our website.",
    ],
)
def test_promotion_and_captions_are_not_quotable(text: str) -> None:
    assert quotable(text) == []


def test_byline_before_a_preposition_is_cut() -> None:
    sentence = "Despite the storm, the Orlan ferry sailed on Monday with twelve passengers aboard."
    assert quotable(f"By Anna Pell {sentence}") == [sentence]


@pytest.mark.parametrize(
    "text",
    [
        "The ferry of Orlan opens to passengers on January 1, 2027, says Mayor Anna Pell.",
        "Mayor Anna Pell told sailors of Orlan on Monday that she had a plan as she arrived.",
    ],
)
def test_dates_and_clauses_of_full_sentences_are_quotable(text: str) -> None:
    assert quotable(text) == [text]


def test_short_text_without_a_mark_at_its_end_is_a_sentence() -> None:
    unmarked = GOOD.removesuffix(".")
    assert quotable(unmarked) == [unmarked]
    assert quotable(f"{GOOD} {unmarked}") == [GOOD]


@pytest.mark.parametrize(
    ("language", "glued"),
    [
        ("en", "Anna Pell / Getty Images "),
        ("en", "The ferry in the harbour, like the others there. Anna Pell/Pool via Getty Images "),
        ("en", "ORLAN, Karsia (AP) — "),
        ("en", "ORLAN: "),
        ("en", "By Anna Pell "),
        ("en", "Harbour of Orlan stays closed for a week after the storm "),
        ("fr", "Le port d'Orlan reste fermé pendant une semaine "),
        ("es", "El puerto de Orlan sigue cerrado toda la semana "),
    ],
)
def test_text_glued_before_a_sentence_is_cut(language: str, glued: str) -> None:
    sentence = {
        "en": GOOD,
        "fr": "Un ferry a heurté lundi soir la jetée du port d'Orlan, faisant douze blessés.",
        "es": "Un ferry chocó el lunes por la noche contra el muelle del puerto de Orlan.",
    }[language]
    assert quotable(glued + sentence, language) == [sentence]


def test_function_word_with_a_capital_begins_a_sentence() -> None:
    sentence = "At least 44 people have died after a ferry sank near the harbour of Orlan."
    assert quotable(f"Search for the missing goes on in the lake {sentence}") == [sentence]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Why the ferry of Orlan harbour struck the pier on Monday evening."),
        ("de", "Warum die Fähre am Montagabend im Hafen von Orlan die Mole rammte."),
        ("fr", "Pourquoi le ferry a heurté lundi soir la jetée du port d'Orlan."),
        ("es", "Por qué el ferry chocó el lunes contra el muelle del puerto de Orlan."),
        ("ru", "Почему паром столкнулся с причалом в порту Орлана вечером в понедельник."),
        ("tr", "Neden Orlan limanında bir feribot pazartesi akşamı iskeleye çarptı."),
        ("ar", "لماذا اصطدمت عبّارة برصيف ميناء أورلان مساء الاثنين وأصيب اثنا عشر."),
        ("zh", "为什么一艘渡轮周一晚上在奥兰港撞上码头，造成十二人受伤。"),
        ("ja", "なぜフェリーは月曜の夜にオルラン港の桟橋に衝突したのか。"),
        ("en", "During the storm of Monday evening, it struck the pier of Orlan harbour."),
        ("fr", "Lors de la tempête de lundi, elle a heurté la jetée du port d'Orlan."),
        ("ru", "После шторма в понедельник он столкнулся с причалом в порту Орлана."),
        ("en", "Further details have emerged about the ferry that struck the pier of Orlan."),
        ("de", "Neue Details zur Fähre, die im Hafen von Orlan die Mole gerammt hat."),
        ("en", "HARBOUR OF ORLAN STAYS CLOSED after the ferry struck the pier of the town."),
    ],
)
def test_parts_of_sentences_and_teasers_are_not_quotable(language: str, text: str) -> None:
    assert quotable(text, language) == []


def test_relative_clause_identifies_the_subject() -> None:
    text = "The captain of a ferry that struck the pier on Monday has been arrested in Orlan."
    assert quotable(text) == [text]


def test_addition_is_quotable_only_as_the_first_sentence() -> None:
    text = "Orlan's mayor also promised that the damaged pier would be rebuilt before summer."
    assert quotable(text) == [text]
    assert quotable(f"{GOOD} {text}") == [GOOD]
