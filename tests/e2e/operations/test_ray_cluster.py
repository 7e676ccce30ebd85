"""Grouping and encoding on a real Ray cluster of several nodes on this machine."""

import operator
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import ray
from ray.cluster_utils import Cluster

from service.compute.loader import ComputeLoader
from service.compute.ray_connection import QUEUED
from service.domain.compute import Compute
from service.embed.loader import load_encoder, load_model
from service.errors import ComputeError
from service.settings import load as settings_module
from service.settings.sections.compute import ComputeSettings
from tests.support.content.events import assert_same_grouping, group_events

STORE_BYTES = 100 * 2**20
TIMEOUT = 120.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head with one processor, and a node with two."""
    started = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": 1,
            "object_store_memory": STORE_BYTES,
            "include_dashboard": False,
        },
    )
    started.add_node(num_cpus=2, object_store_memory=STORE_BYTES)
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture(scope="module")
def loader(cluster: Cluster) -> ComputeLoader:
    return ComputeLoader(ComputeSettings(cluster.address, 1, 2, TIMEOUT))


def add_slowly(shared: int, item: int) -> tuple[int, str]:
    time.sleep(0.1)
    return shared + item, ray.get_runtime_context().get_node_id()


def fail(_: int, item: int) -> int:
    raise ValueError(f"item {item} is invalid")


def test_grouping_on_the_cluster_equals_grouping_in_one_process(loader: ComputeLoader) -> None:
    assert_same_grouping(group_events(), group_events(loader.load()))


def test_few_results_wait(loader: ComputeLoader) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(60):
            taken.append(item)
            yield item

    results = loader.load().map(add_slowly, 0, items())
    next(results)
    time.sleep(1.0)
    assert len(taken) <= 3 * QUEUED
    results.close()  # type: ignore[attr-defined]  # the generator


def test_vectors_of_the_cluster_equal_those_of_one_process(loader: ComputeLoader) -> None:
    settings = settings_module.load({}).embed
    texts = [f"Ferry {number} strikes the pier in Orlan" for number in range(70)]
    here, there = load_encoder(settings, load_model), load_encoder(settings, loader.load_model)
    assert (there.model, there.dimensions) == (here.model, here.dimensions)
    assert there.encode([]).shape == (0, here.dimensions)
    assert np.allclose(there.encode(texts), here.encode(texts), atol=1e-6)


def test_failure_of_a_task_is_reported_in_one_line(loader: ComputeLoader) -> None:
    with pytest.raises(ComputeError, match=r"a task failed: .*item 3 is invalid") as error:
        list(loader.load().map(fail, 0, [3]))
    assert "\n" not in str(error.value)


def test_lost_connection_is_replaced(loader: ComputeLoader) -> None:
    encoder = load_encoder(settings_module.load({}).embed, loader.load_model)
    ray.shutdown()
    assert list(loader.load().map(operator.mul, 3, [1, 2])) == [3, 6]
    assert encoder.encode(["ferry"]).shape == (1, encoder.dimensions)


# The last tests: they end a node and suspend the head.
def test_node_that_is_killed_costs_only_time(cluster: Cluster, loader: ComputeLoader) -> None:
    node = cluster.add_node(num_cpus=2, object_store_memory=STORE_BYTES)
    killer = threading.Timer(0.5, cluster.remove_node, [node, False])
    killer.start()
    results = list(loader.load().map(add_slowly, 5, range(40)))
    killer.join()
    assert [value for value, _ in results] == [*range(5, 45)]


def test_suspended_head_ends_the_job_at_the_deadline(cluster: Cluster) -> None:
    computation = ComputeLoader(ComputeSettings(cluster.address, 1, 2, 3.0)).load()
    head: Any = cluster.head_node
    servers = [each.process for each in head.all_processes["gcs_server"]]
    for server in servers:
        server.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    try:
        with pytest.raises(ComputeError, match=r"no response within 3 s"):
            list(computation.map(operator.mul, 3, [1, 2]))
        with pytest.raises(ComputeError, match="an earlier call still waits"):
            list(computation.map(operator.mul, 3, [1, 2]))
        assert time.monotonic() - started < 20
    finally:
        for server in servers:
            server.send_signal(signal.SIGCONT)
    while not (results := compute_or_wait(computation)):
        assert time.monotonic() - started < TIMEOUT
    assert results == [3, 6]


def compute_or_wait(computation: Compute) -> list[int]:
    """Return the results; none if the cluster does not respond yet."""
    try:
        return list(computation.map(operator.mul, 3, [1, 2]))
    except ComputeError:
        time.sleep(0.2)
        return []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:1", "Connection refused"),
        ("ray://127.0.0.1:1", "Connection refused"),
        ("head", "needs a host and a port"),
    ],
)
def test_cluster_that_cannot_be_reached_is_named(address: str, reason: str) -> None:
    with pytest.raises(ComputeError, match=rf"Ray cluster {address}: cannot connect: .*{reason}"):
        ComputeLoader(ComputeSettings(address, 1, 0, 1.0)).load()
