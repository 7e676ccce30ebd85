"""Detection of languages by function words."""

import pytest

from service.ingest.language_by_words import language_of_words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The ferry ran aground after it had left the harbour, and that was the end", "en"),
        ("Die Fähre ist nach dem Sturm nicht mehr mit dem Hafen verbunden", "de"),
        ("Le bac a été retiré des eaux après une tempête dans le port", "fr"),
        ("Паром был снят с мели после шторма, который не был предсказан", "ru"),
        ("Пором зняли з мілини після шторму, який не був передбачений, та що", "uk"),
    ],
)
def test_text_with_function_words_has_their_language(text: str, language: str):
    assert language_of_words(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ferry aground off Tern Island",  # a headline without function words
        "The and of to Die und nicht mit",  # two languages
        "渡轮在燕鸥岛附近搁浅",
    ],
)
def test_other_texts_have_no_language(text: str):
    assert language_of_words(text) == ""
