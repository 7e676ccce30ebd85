"""The grammar: what each form means, and errors with position and remedy."""

import math
from datetime import UTC, datetime

import pytest

from service.domain.queries.conditions import (
    AnyOf,
    Between,
    Condition,
    Field,
    HasWords,
    Query,
    RelativeTime,
)
from service.domain.queries.fields import MAX_COUNT
from service.domain.queries.grammar import parse_query
from service.domain.search.search_terms import SearchTerms
from service.domain.stories.filters import PastStoryFilter
from service.errors import BadInputError
from tests.support.database.rows import NOW


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("ferry -tram", HasWords(SearchTerms("ferry", ("tram",)))),
        ("“dock strike” or pier", HasWords(SearchTerms('"dock strike" or pier', ()))),
        ("\u2212country:GB", AnyOf(Field.COUNTRY, ("GB",), negated=True)),
        ("outlet:a,b", AnyOf(Field.OUTLET, ("a", "b"))),
        ("-country:gb,de", AnyOf(Field.COUNTRY, ("GB", "DE"), negated=True)),
        ("NOT language:en-GB", AnyOf(Field.LANGUAGE, ("en",), negated=True)),
        ('entity:"Hulusi Akar",Orlan', AnyOf(Field.ENTITY, ("Hulusi Akar", "Orlan"))),
        ("Headline:ferry", AnyOf(Field.HEADLINE, ("ferry",))),
        ("independent:3", Between(Field.INDEPENDENT, 3, 3)),
        ("independent:3..", Between(Field.INDEPENDENT, 3, None)),
        ("independent:>3", Between(Field.INDEPENDENT, 4, None)),
        ("countries:<=8", Between(Field.COUNTRIES, None, 8)),
        ("-languages:2..4", Between(Field.LANGUAGES, 2, 4, negated=True)),
        ("countries:>=2147483647", Between(Field.COUNTRIES, MAX_COUNT, None)),
        ("velocity:>=1.5", Between(Field.VELOCITY, 1.5, None)),
        ("velocity:>1.5", Between(Field.VELOCITY, math.nextafter(1.5, 2), None)),
        ("velocity:<1.5", Between(Field.VELOCITY, None, math.nextafter(1.5, 0))),
        ("since:-24h", Between(Field.REPORTED, RelativeTime("-24h"))),
        ("first_reported:-2d..-1d",
         Between(Field.FIRST_REPORTED, RelativeTime("-2d"), RelativeTime("-1d"))),
        ("reported:<=2023-04-25", Between(Field.REPORTED, None, datetime(2023, 4, 26, tzinfo=UTC))),
        ("reported:<2023-04-25", Between(Field.REPORTED, None, datetime(2023, 4, 25, tzinfo=UTC))),
        ("reported:>2023-04-25", Between(Field.REPORTED, datetime(2023, 4, 26, tzinfo=UTC))),
        ("reported:>=2023-04-25", Between(Field.REPORTED, datetime(2023, 4, 25, tzinfo=UTC))),
        ("changed:>2023-04-25T10:00Z",
         Between(Field.CHANGED, datetime(2023, 4, 25, 10, 0, 0, 1, tzinfo=UTC))),
        ("reported:<=yesterday",
         Between(Field.REPORTED, None, RelativeTime("yesterday", is_end=True))),
        ("first_reported:today", Between(
            Field.FIRST_REPORTED, RelativeTime("today"), RelativeTime("today", is_end=True))),
    ],
)  # fmt: skip
def test_one_condition(text: str, condition: Condition) -> None:
    assert parse_query(text).conditions == (condition,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ferry outlt:a", "position 7: Unknown field 'outlt': did you mean outlet?"),
        ("title:ferry", "did you mean"),
        ("a -country:uk", "position 3: Invalid country 'uk'.*did you mean GB"),
        ("type:opinon", "did you mean opinion"),
        ("state:opn", "did you mean open"),
        ("outlet:a or outlet:b", "position 1: or joins words only.*commas"),
        ("(outlet:a or b)", "position 1: parentheses are not supported"),
        ('outlet:"a', "no closing quote"),
        ("outlet:,a", "empty value"),
        ("headline:drone*", "position 1: headline takes no wildcard"),
        ('ferry keyword:tram,"dock strik*"', "position 7: keyword takes no wildcard"),
        ("entity:*akar", "entity takes no wildcard"),
        ("outlet:a,", "empty value"),
        ("independent:many", "position 1: Invalid independent 'many': use a number"),
        ("independent:>2147483647", "values are from 0 to 2147483647; use another one"),
        ("coverage:2147483648", "use at most 2147483647"),
        ("countries:<0", "is empty: values are from 0"),
        ("velocity:<0", "is empty: values are from 0"),
        ("articles:1_0", "Invalid articles '1_0': use a number"),
        ("articles:+3", "Invalid articles"),
        ("velocity:nan", "Invalid velocity"),
        ("reported:<=9999-12-31", "out of range"),
        ("ferry changed:9999-12-31", "position 7: Invalid changed: '9999-12-31' is out of range"),
        ("reported:>9999-12-31T23:59:59.999999Z", "out of range"),
        ("--country:GB", "position 1: write one -"),
        ("NOT -country:GB", "country is excluded twice: leave one"),
        ("NOT NOT country:GB", "country is excluded twice: leave one"),
        ("ferry country: GB", "position 7: a space beside the colon of country: leave it out"),
        ("ferry country :GB", "position 7: a space beside the colon of country: leave it out"),
        ("ferry|outlet:a", "joins words only"),
        ("since:someday", "Invalid since: 'someday' is not a time"),
        ("since:today@Nowhere", "is not a time"),
        ("since:today@Factory", "is not a time"),
        ("reported:2026-11-01T10:00", "use a day such as today"),
        ("as_of:-1d as_of:-2d", "as_of is given twice"),
        ("-since:-24h", "cannot be excluded"),
        ("since:-1h,-2h", "takes one value"),
        ("ferry tram*", "position 10: the wildcard"),
        (" \u00a0", "The query is blank"),
        ("...", "no search term"),
        ("a " * 70, "more than 60 words"),
        ("outlet:" + "a," * 101 + "a", "more than 100 values"),
    ],
)
def test_errors_name_position_and_remedy(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        parse_query(text)


@pytest.mark.parametrize(
    "text", ["Title: a ferry at 10:30", "Family: ferry", "country:", "https://a.example/b", "f**k"]
)
def test_colons_in_plain_text_are_words(text: str) -> None:
    assert parse_query(text).words == SearchTerms(text, ())


def test_parameters_are_shorthand() -> None:
    parameters = PastStoryFilter(
        q="ferry", since="-24h", outlet=["a", "b", "-c"], entity=["x", "y", "-z"],
        min_independent=3, countries="2..", first_outlet=["d"], state="open", as_of="-2d",
    )  # fmt: skip
    written = parse_query(
        "ferry since:-24h min_independent:3 countries:2.. outlet:a,b -outlet:c first_outlet:d "
        "entity:x entity:y -entity:z state:open as_of:-2d"
    )
    assert parameters.parsed == written


def test_relative_times_resolve_to_absolute_ones() -> None:
    query = parse_query("first_reported:today@Europe/Berlin as_of:-2d")
    assert query.is_relative
    resolved = query.resolve(NOW)
    assert not resolved.is_relative
    assert [each and each.isoformat() for each in resolved.bounds(Field.FIRST_REPORTED)] == [
        "2023-04-25T22:00:00+00:00",
        "2023-04-26T22:00:00+00:00",
    ]
    assert resolved.time is not None
    assert resolved.time.isoformat() == "2023-04-24T06:00:00+00:00"
    assert Query().resolve(NOW) == Query()
