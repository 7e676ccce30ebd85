"""Errors of commands and requests: unknown objects, conflicts, invalid input."""

from collections.abc import Mapping, Sequence

from service.errors.base import SamestoryError


class NotFoundError(SamestoryError):
    """No object with this key exists; with a `message`, the reason is another one."""

    def __init__(self, noun: str, key: object, message: str | None = None) -> None:
        super().__init__(message or f"{noun.capitalize()} {key!s} not found")
        self.noun = noun
        self.key = key
        self._has_message = message is not None

    def with_remedy(self, lists: Mapping[str, str]) -> str:
        """The message with the command or path, by noun, that lists the objects."""
        if self._has_message or self.noun not in lists:
            return str(self)
        return f"{self}. For a list, see: {lists[self.noun]}"


class HiddenError(NotFoundError):
    """An editor hid the object; it is not served until the decision is undone."""

    def __init__(self, noun: str, key: object) -> None:
        shown = f"{noun.capitalize()} {key!s}"
        super().__init__(noun, key, f"{shown} is hidden by an editor: undo the decision to show it")


class DecisionConflictError(SamestoryError):
    """A decision conflicts with active decisions.

    `decisions` are their ids, `messages` describe them in the same order.
    """

    def __init__(self, decisions: Sequence[int], messages: Sequence[str]) -> None:
        commands = ", ".join(f"samestory stories undo {number}" for number in decisions)
        super().__init__(f"Conflicts with {'; '.join(messages)}. To resolve, run: {commands}")
        self.decisions = tuple(decisions)
        self.messages = tuple(messages)


class RequestInProgressError(SamestoryError):
    """The first request with this Idempotency-Key is still running."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"A request with Idempotency-Key {key} is still in progress; retry in a second"
        )
        self.key = key


class BadInputError(SamestoryError):
    """A file or an argument is invalid."""


class BadLineError(BadInputError):
    """A line of a file is invalid."""

    def __init__(self, path: str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class AlreadyExistsError(BadInputError):
    """The object to create exists."""


class SuppressedAddressError(BadInputError):
    """The address is on the suppression list, so it gets no emails."""


class IdempotencyKeyReusedError(BadInputError):
    """The Idempotency-Key was used for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Idempotency-Key {key} was used for another request; send a new key")
        self.key = key
