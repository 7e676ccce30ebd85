"""Range checks of settings."""

import pytest

from service.errors import SettingsError
from service.settings.load import load
from service.settings.ranges import RANGES


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FETCH__CONCURRENCY", "0"),
        ("FETCH__TIMEOUT_SECONDS", "0"),
        ("FETCH__HOST_DELAY_SECONDS", "-1"),
        ("FETCH__ALLOW_NETWORKS", "nonsense"),
        ("FETCH__USER_AGENT", "two\nlines"),
        ("WEB__PORT", "99999"),
        ("WINDOW__DAYS", "-1"),
        ("WINDOW__DAYS", "nan"),
        ("WINDOW__DAYS", "1e9"),
        ("LIFECYCLE__CLOSE_AFTER_DAYS", "inf"),
        ("SCHEDULE__EMBED", "0"),
        ("GROUPING__QUORUM", "1.5"),
        ("CANDIDATES__WINDOW_HOURS", "nan"),
        ("EMBED__BATCH", "-3"),
        ("PARSE__MEMORY_MIB", "1"),
    ],
)
def test_value_out_of_range_raises_error_with_setting_name(variable: str, value: str):
    with pytest.raises(SettingsError, match=variable.lower().replace("__", ".")):
        load({f"SAMESTORY_{variable}": value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEB__PORT", "0"),
        ("FETCH__MAX_REDIRECTS", "0"),
        ("FETCH__HOST_DELAY_SECONDS", "0"),
        ("CANDIDATES__WINDOW_HOURS", "inf"),
        ("GROUPING__QUORUM", "1"),
        ("SCHEDULE__EMBED", "0.5"),
    ],
)
def test_bounds_are_inclusive(variable: str, value: str):
    load({f"SAMESTORY_{variable}": value})


def test_every_range_belongs_to_a_setting():
    settings = load({})
    for name in RANGES:
        section, _, field = name.partition(".")
        assert hasattr(getattr(settings, section), field or "__slots__"), name
