"""What is kept from look to look comes back as it was, from earlier versions as well."""

from typing import Any

import msgspec
import pytest

from serinus.domain.release.assignment import Arm
from serinus.domain.release.evidence import STRATA, Counts
from serinus.domain.release.memory import FADING, Memory, Recent, summed
from serinus.domain.release.relative import History
from tests.support.judged import Trial

ADDED = {"own", "own_lately", "pairs", "settled", "frailty"}


def written(memory: Memory) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(memory.to_json()))
    return read


def lived() -> Memory:
    trial = Trial().known()
    trial.look(Counts(100, 3, 2, 5), Counts(900, 1, 1, 9))
    trial.look(Counts(100, 3, 2, 5, rescued=2, shared=1), Counts(900, 1, 1, 9))
    return trial.memory


@pytest.mark.parametrize("memory", [Memory(), lived()], ids=["new", "lived"])
def test_a_memory_survives_being_written_down(memory: Memory) -> None:
    assert Memory.from_json(written(memory)) == memory


def test_of_nothing_written_it_is_what_a_release_begins_with() -> None:
    assert Memory.from_json({}) == Memory()


def test_what_an_earlier_version_wrote_is_read_and_goes_on() -> None:
    memory = lived()
    old = {name: value for name, value in written(memory).items() if name not in ADDED}

    read = Memory.from_json(old)

    assert read.pairs == read.settled == (0, 0)
    assert read.own == read.own_lately == {}
    assert read.frailty == {}
    assert read.stage == memory.stage
    trial = Trial(memory=read, epoch=read.since_epoch)
    assert trial.look(Counts(100, 1), Counts(900, 1)).sentence


def test_a_kind_that_was_never_seen_has_an_empty_history() -> None:
    assert Memory().history("slow") == History((0,) * STRATA, (0,) * STRATA)
    assert Memory().lately(Arm.STABLE) == Recent()
    assert Memory().on(Arm.STABLE, "/a") == summed([]) == Counts()


def test_what_is_recent_fades_with_every_look() -> None:
    recent = Recent().after(Counts(10, 5, 4, rescued=3, shared=2)).after(Counts(1))

    assert recent.requests == pytest.approx(10 * FADING + 1)
    assert recent.bad("errors") == pytest.approx(5 * FADING)
    assert recent.bad("slow") == pytest.approx(4 * FADING)
    assert (recent.rescued, recent.shared) == pytest.approx((3 * FADING, 2 * FADING))
