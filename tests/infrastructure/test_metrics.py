"""What is counted, and the folder through which several workers add it up."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serinus.infrastructure.metrics import LATENCIES, Load, Metrics, Release
from serinus.infrastructure.metrics_folder import (
    LOCK,
    PREFIX,
    VARIABLE,
    forget_dead_workers,
    forget_predecessor,
    metrics_folder,
)

GET_POST = ("v1", "v2", "/api/v1/posts/{id}", "GET")


async def lines(metrics: Metrics) -> set[str]:
    return set((await metrics.text()).decode().splitlines())


async def test_requests_are_counted_by_what_they_asked_and_how_it_went() -> None:
    metrics = Metrics("1.2.3")
    for status in ("200", "200", "503"):
        metrics.count(GET_POST, status, 0.01)

    told = await lines(metrics)

    labels = 'contract="v1",engine="v2",method="GET",route="/api/v1/posts/{id}"'
    assert f'serinus_http_requests_total{{{labels},status="200"}} 2.0' in sorted_labels(told)
    assert f'serinus_http_requests_total{{{labels},status="503"}} 1.0' in sorted_labels(told)
    name = "serinus_http_request_duration_seconds_count"
    assert f"{name}{{{labels}}} 3.0" in sorted_labels(told)


def sorted_labels(told: set[str]) -> set[str]:
    """The order of labels means nothing."""
    found = set()
    for line in told:
        name, _, rest = line.partition("{")
        labels, _, value = rest.rpartition("}")
        inside = ",".join(sorted(labels.split(",")))
        found.add(f"{name}{{{inside}}}{value}" if rest else line)
    return found


async def test_what_took_longer_than_200_ms_can_be_told_exactly() -> None:
    metrics = Metrics("1.2.3")
    for seconds in (0.1, 0.2, 0.2000001, 3.0):
        metrics.count(GET_POST, "200", seconds)

    found = {line for line in await lines(metrics) if 'le="0.2"' in line}

    assert 0.2 in LATENCIES
    assert [line.rpartition(" ")[2] for line in found] == ["2.0"]


async def test_load_and_routing_are_looked_at_when_somebody_asks() -> None:
    metrics = Metrics("1.2.3")
    load = Load(pool_limit=10, pool_size=4, pool_used=3, pool_waiting=2, passwords_waiting=1)
    metrics.watch({"v2": lambda: load}, lambda: Release(7, 0.125), lambda: 5)

    told = await lines(metrics)

    assert {
        'serinus_database_pool_limit{engine="v2"} 10.0',
        'serinus_database_pool_size{engine="v2"} 4.0',
        'serinus_database_pool_used{engine="v2"} 3.0',
        'serinus_database_pool_waiting{engine="v2"} 2.0',
        'serinus_password_queue_length{engine="v2"} 1.0',
        "serinus_http_requests_in_flight 5.0",
        "serinus_routing_epoch 7.0",
        "serinus_routing_share 0.125",
    } <= told
    assert any('version="1.2.3"' in line for line in told)


async def test_waits_for_passwords_are_kept_by_engine() -> None:
    metrics = Metrics("1.2.3")
    metrics.waited_for_passwords("v1")(0.3)

    assert 'serinus_password_wait_seconds_sum{engine="v1"} 0.3' in await lines(metrics)


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.usefixtures("unnamed")
def test_the_folder_is_there_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    with metrics_folder(tmp_path):
        folder = Path(os.environ[VARIABLE])
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0  # nobody else's business
        (folder / "counter_1.db").touch()

    assert VARIABLE not in os.environ
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unnamed")
def test_what_a_killed_server_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    left, used, strange = (tmp_path / f"{PREFIX}{name}" for name in ("left", "used", "strange"))
    for folder in (left, used, strange):
        folder.mkdir()
    (left / LOCK).touch()
    with (used / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with metrics_folder(tmp_path):
            assert not left.exists()
            assert used.exists()
            assert strange.exists()


def test_a_folder_that_the_operator_names_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with metrics_folder():
        assert os.environ[VARIABLE] == str(tmp_path)

    assert tmp_path.exists()


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_dead_hold_nothing_but_what_they_did_counts(tmp_path: Path, dead: int) -> None:
    names = [
        f"{kind}_{pid}.db"
        for kind in ("counter", "gauge_livesum")
        for pid in (os.getpid(), dead)
    ]
    for name in names:
        (tmp_path / name).touch()

    forget_dead_workers(tmp_path)

    left = {file.name for file in tmp_path.iterdir()}
    assert left == set(names) - {f"gauge_livesum_{dead}.db"}


def test_a_worker_starts_without_what_its_namesake_held(tmp_path: Path) -> None:
    own, other = tmp_path / f"gauge_livesum_{os.getpid()}.db", tmp_path / "gauge_livesum_1.db"
    own.touch()
    other.touch()

    forget_predecessor(tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == [other.name]
