"""Mapping over local processes."""

import os
from collections.abc import Iterator

import pytest

from service.compute.loader import ComputeLoader
from service.compute.processes import LocalProcesses
from service.domain.compute import IN_PROCESS
from service.errors import ComputeError
from service.settings.sections.compute import ComputeSettings
from tests.support.content.events import assert_same_grouping, group_events


def add(shared: int, item: int) -> int:
    return shared + item


def end_process(_: int, item: int) -> int:
    os._exit(item)


def test_results_are_in_order_and_few_wait() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(20):
            taken.append(item)
            yield item

    results = LocalProcesses(2).map(add, 100, items())
    assert next(results) == 100
    assert len(taken) <= 5
    assert list(results) == [*range(101, 120)]


def test_grouping_in_processes_equals_grouping_in_one() -> None:
    assert_same_grouping(group_events(), group_events(LocalProcesses(2)))


def test_process_that_ends_is_named_with_the_remedy() -> None:
    with pytest.raises(ComputeError, match="SAMESTORY_COMPUTE__PROCESSES"):
        list(LocalProcesses(2).map(end_process, 0, [7]))


def test_settings_select_the_computation() -> None:
    assert ComputeLoader(ComputeSettings("local", 1, 0, 1.0)).load() is IN_PROCESS
    assert isinstance(ComputeLoader(ComputeSettings("local", 2, 0, 1.0)).load(), LocalProcesses)
