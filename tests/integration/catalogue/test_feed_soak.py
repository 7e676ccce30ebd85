"""A short soak: feeds that publish, revise and misbehave lose no entry and store none twice."""

from jobs.running.context import Context
from tests.integration.conftest import Clock
from tests.support.soak import Soak


def test_nothing_is_lost_or_stored_twice_and_each_fault_is_named(
    context: Context, clock: Clock
) -> None:
    with Soak(context, count=60, misbehaving=30) as soak:
        for number in range(6):
            soak.publish(soak.publications[number % 2 :: 2])
            soak.run()
            clock.advance(hours=3)
        report = soak.finish()

    assert report.problems == ()
    assert report.articles == report.entries > 100
    assert report.revised > 10
