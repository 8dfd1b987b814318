"""Engine v1 can be deleted: it knows nothing of the rest, which knows it in one place."""

from pathlib import Path

import pytest

from tests.support.import_contracts import Copy, contracts

CONFIGURATION = Path(__file__).with_name("importlinter.toml")
INSIDE, OUTSIDE = "Engine v1 knows nothing of serinus", "One module knows engine v1"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("spoilt"), CONFIGURATION)


def test_every_contract_is_kept(copy: Copy) -> None:
    assert contracts(CONFIGURATION) == {INSIDE, OUTSIDE}
    assert copy.broken_contracts() == set()


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [
        (INSIDE, "legacy/slugs.py", "serinus.domain.content.slug"),
        (INSIDE, "legacy/slugs.py", "serinus.application.identity.limits"),
        (OUTSIDE, "wiring/clock.py", "serinus.legacy.slugs"),
        (OUTSIDE, "__main__.py", "serinus.legacy"),
    ],
)
def test_a_contract_notices_what_it_forbids(
    copy: Copy, contract: str, module: str, imported: str
) -> None:
    assert copy.broken_by(module, imported) == {contract}
