"""Reason for a membership. Not in `evidence`, which imports NumPy; storing a reason needs none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """Mean probability with the story's members (None for its first article), and evidence."""

    score: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
