"""Progress callbacks of long calculations."""

from collections.abc import Callable

#: Called with the number of finished items and the total.
OnProgress = Callable[[int, int], None]
