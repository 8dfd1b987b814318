"""The generation switch of a running server: who is served by which engine."""

from pathlib import Path

import pytest

from serinus.domain.release.assignment import BOOT_SALT, bucket
from tests.e2e.conftest import Starting
from tests.e2e.consumers import CONSUMERS, engines, on_v2
from tests.support.engines import needs_engine_v1
from tests.support.serving import SECRET, RunningServer, command


@needs_engine_v1
async def test_ten_percent_of_consumers_stay_on_engine_v2_through_restart_and_ramp(
    starting: Starting,
) -> None:
    with starting(API_V2_TRAFFIC_PERCENTAGE="10") as server:
        first = await engines(server, CONSUMERS)
    with starting(API_V2_TRAFFIC_PERCENTAGE="10") as server:
        again = await engines(server, CONSUMERS[:3000])
    with starting(API_V2_TRAFFIC_PERCENTAGE="50") as server:
        half = await engines(server, CONSUMERS[:3000])

    assert 900 <= len(on_v2(first)) <= 1100
    assert again == {consumer: first[consumer] for consumer in again}
    assert on_v2(again) <= on_v2(half)
    assert 1400 <= len(on_v2(half)) <= 1600


@needs_engine_v1
@pytest.mark.parametrize(("percent", "share"), [("0", 0), ("12.5", 1250), ("100", 10_000)])
async def test_the_share_is_exact(starting: Starting, percent: str, share: int) -> None:
    consumers = CONSUMERS[:1000]
    with starting(API_V2_TRAFFIC_PERCENTAGE=percent) as server:
        found = await engines(server, consumers)

    assert on_v2(found) == {name for name in consumers if bucket(BOOT_SALT, name) < share}


@pytest.mark.parametrize("value", ["abc", "-1", "101"])
def test_a_wrong_share_stops_the_start_with_one_line(tmp_path: Path, value: str) -> None:
    ended = command("serve", cwd=tmp_path, API_V2_TRAFFIC_PERCENTAGE=value)

    assert ended.returncode != 0
    assert ended.stdout == ""
    assert ended.stderr.startswith("serinus: API_V2_TRAFFIC_PERCENTAGE=")
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / ".serinus").exists()


@needs_engine_v1
async def test_the_epoch_grows_with_every_change_and_only_then(starting: Starting) -> None:
    epochs = []
    for percent in ("10", "10", "50", "10"):
        with starting(API_V2_TRAFFIC_PERCENTAGE=percent) as server:
            async with server.client() as http:
                epochs.append((await http.get("/health")).headers["serinus-epoch"])

    assert epochs == ["1", "1", "2", "3"]


@needs_engine_v1
async def test_a_user_of_one_engine_is_a_user_of_the_other(server: RunningServer) -> None:
    arms = {
        engine: next(c for c in CONSUMERS if (bucket(BOOT_SALT, c) < 5000) is (engine == "v2"))
        for engine in ("v1", "v2")
    }
    async with server.client() as http:
        for here, there in (("v1", "v2"), ("v2", "v1")):
            person = {"email": f"{here}@example.org", "password": "a canary in the coal mine"}
            registered = await http.post(
                "/api/v1/auth/register",
                json=person | {"username": f"from-{here}"},
                headers={"X-Client-ID": arms[here]},
            )
            signed_in = await http.post(
                "/api/v1/auth/login", json=person, headers={"X-Client-ID": arms[there]}
            )

            assert (registered.status_code, registered.headers["serinus-engine"]) == (201, here)
            assert (signed_in.status_code, signed_in.headers["serinus-engine"]) == (200, there)


@needs_engine_v1
async def test_only_staff_choose_their_engine(
    starting: Starting, tmp_path: Path, database_url: str
) -> None:
    made = command(
        *("user", "create", "boss@example.org", "--role", "admin", "--password-stdin"),
        cwd=tmp_path,
        stdin="correct horse battery\n",
        DATABASE_URL=database_url,
        SERINUS_SECRET_KEY=SECRET,
    )
    assert made.returncode == 0, made.stderr
    with starting(API_V2_TRAFFIC_PERCENTAGE="0") as server:
        async with server.client(headers={"Serinus-Arm": "candidate"}) as http:
            anybody = await http.get("/api/v1/info")
            signed_in = await http.post(
                "/api/v1/auth/login",
                json={"email": "boss@example.org", "password": "correct horse battery"},
            )
            token = signed_in.json()["data"]["tokens"]["access_token"]
            staff = await http.get("/api/v1/info", headers={"Authorization": f"Bearer {token}"})

    assert anybody.headers["serinus-engine"] == "v1"
    assert staff.headers["serinus-engine"] == "v2"


@needs_engine_v1
async def test_contract_v2_can_be_turned_off(starting: Starting) -> None:
    with starting(API_V2_ENABLED="false", API_V2_TRAFFIC_PERCENTAGE="100") as server:
        async with server.client() as http:
            v2 = await http.get("/api/v2/posts")
            v1 = await http.get("/api/v1/info")

    assert v2.status_code == 404
    assert v1.headers["serinus-engine"] == "v1"


async def test_without_the_legacy_engine_v2_serves_contract_v1(starting: Starting) -> None:
    with starting(USE_LEGACY_API_V1="false") as server:
        found = await engines(server, CONSUMERS[:50])

    assert set(found.values()) == {"v2"}


def test_an_installation_without_any_engine_does_not_start(tmp_path: Path) -> None:
    ended = command("serve", cwd=tmp_path, USE_LEGACY_API_V1="false", API_V2_ENABLED="false")

    assert ended.returncode != 0
    assert "leaves no engine" in ended.stderr
