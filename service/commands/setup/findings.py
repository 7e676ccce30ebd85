"""Result of one check of `samestory doctor`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from service.errors import SamestoryError

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of a check in one line, with the remedy if something is wrong."""

    subject: str
    state: State
    text: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """The finding as one line of text."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.state:8} {self.subject:9} {self.text}{remedy}"


def examine(subject: str, check: Callable[[], Finding], remedy: str = "") -> Finding:
    """Run a check; an expected error becomes a finding, with `remedy` unless it states one."""
    try:
        return check()
    except SamestoryError as error:
        return Finding(subject, "failed", str(error), remedy)
