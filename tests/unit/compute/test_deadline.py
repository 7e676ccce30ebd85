"""Deadline for calls that have none of their own."""

import operator
import threading

import pytest

from service.compute.deadline import DeadlineError, call_within


def test_result_and_errors_are_passed_on() -> None:
    assert call_within(10.0, operator.add, 2, 3) == 5
    assert call_within(10.0, dict, [("a", 1)], b=2) == {"a": 1, "b": 2}
    with pytest.raises(ZeroDivisionError):
        call_within(10.0, operator.truediv, 1, 0)


def test_timeout_of_the_function_is_its_own_error() -> None:
    def time_out() -> None:
        raise TimeoutError("of the function")

    with pytest.raises(TimeoutError, match="of the function"):
        call_within(10.0, time_out)


def test_call_that_hangs_ends_at_the_deadline() -> None:
    release = threading.Event()
    try:
        with pytest.raises(DeadlineError, match=r"within 0\.05 s"):
            call_within(0.05, release.wait)
    finally:
        release.set()
