"""Tables of `docs/scale.md`, generated from the capacity model.

`python -m tests.support.scale_page --write` updates the page.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from service.commands.capacity import load_costs, tables
from service.domain.capacity.costs import Costs
from service.domain.capacity.estimate import Estimate, estimate
from service.domain.capacity.load import Load, Machine

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
MARKED = re.compile(r"<!-- (\w+) -->\n(.*?)<!-- end of \w+ -->", re.DOTALL)
MACHINE = Machine()
LOADS: Mapping[str, Load] = {
    f"{name}{variant}": Load(articles, reconcile_cores=cores, only_new=only_new)
    for name, articles in (("1 M a day", 1e6), ("10 M a day", 1e7))
    for variant, cores, only_new in (
        ("", 1, False),
        (", 64 cores", 64, False),
        (", only new", 1, True),
    )
}


def update(page: str) -> str:
    """Return the text of the page with the current tables between their markers."""
    costs = load_costs()
    estimates = {name: estimate(load, MACHINE, costs) for name, load in LOADS.items()}

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        body = "".join(f"{line}\n" for line in TABLES[name](estimates))
        return f"<!-- {name} -->\n{body}<!-- end of {name} -->"

    return MARKED.sub(replace, page)


def _needs(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    columns = [list(tables.need_rows(each, MACHINE)) for each in estimates.values()]
    return _side_by_side(tables.NEED_COLUMNS[0], estimates, columns)


def _steps(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    columns = [list(tables.step_rows(each)) for each in estimates.values()]
    return _side_by_side(tables.STEP_COLUMNS[0], estimates, columns)


def _limits(estimates: Mapping[str, Estimate]) -> Iterator[str]:
    """Limits at 1 M articles a day; the variants only show their maximum articles a day."""
    whole, *variants = (list(tables.limit_rows(each)) for each in list(estimates.values())[:3])
    maxima = [{part: maximum for part, maximum, *_ in each} for each in variants]
    header = tables.LIMIT_COLUMNS
    yield from _table(
        (*header[:2], "64 cores", "only new", "use by 1 M a day (1 = 100 %)", header[3]),
        (
            (part, maximum, *(each[part] for each in maxima), use, remedy)
            for part, maximum, use, remedy in whole
        ),
    )


def _costs(_: Mapping[str, Estimate]) -> Iterator[str]:
    costs = load_costs()
    rows = []
    for each in fields(Costs):
        cost = getattr(costs, each.name)
        with_text = "" if cost.with_text == cost.value else f"{cost.with_text:g}"
        rows.append((f"`{each.name}`", f"{cost.value:g}", with_text, cost.unit, cost.source))
    return _table(("cost", "value", "with full text", "unit", "source"), rows)


def _side_by_side(
    first: str, names: Iterable[str], columns: Sequence[Sequence[tables.Row]]
) -> Iterator[str]:
    """Join tables with the same first column."""
    rows = ((each[0][0], *(row[1] for row in each)) for each in zip(*columns, strict=True))
    return _table((first, *names), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"| {' | '.join('---' for _ in header)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


TABLES: Mapping[str, Callable[[Mapping[str, Estimate]], Iterator[str]]] = {
    "needs": _needs,
    "steps": _steps,
    "limits": _limits,
    "costs": _costs,
}


if __name__ == "__main__":
    text = update(PAGE.read_text(encoding="utf-8"))
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
