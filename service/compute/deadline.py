"""Deadline for calls that have none of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class DeadlineError(Exception):
    """A call did not return in time; it continues in `thread`."""

    def __init__(self, seconds: float, thread: threading.Thread) -> None:
        super().__init__(f"no result within {seconds:g} s")
        self.thread = thread


def call_within(
    seconds: float,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Call a function in a thread, and return its result or raise its error.

    Python cannot end a thread: a call that hangs continues without effect on the caller. It does
    not delay the end of the process.

    Raises:
        DeadlineError: the function did not return within `seconds`.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001  # raised in the thread of the caller
            outcome.set_exception(error)

    thread = threading.Thread(target=run, name="call with a deadline", daemon=True)
    thread.start()
    try:
        return outcome.result(seconds)
    except TimeoutError as error:
        if outcome.done():
            raise
        raise DeadlineError(seconds, thread) from error
