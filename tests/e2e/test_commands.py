"""The commands, as they are typed."""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import serinus
from tests.e2e.conftest import Starting
from tests.support.serving import SECRET, command, command_within, serving

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("SERINUS_TEST_DATA", REPOSITORY.parent / "shared" / "data"))


def deployed(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}


def test_the_version_and_the_help_are_a_word_away(tmp_path: Path) -> None:
    version = command("--version", cwd=tmp_path)
    help_text = command("--help", cwd=tmp_path).stdout

    assert (version.returncode, version.stdout) == (0, f"serinus {serinus.__version__}\n")
    for name in ("serve", "migrate", "import", "user", "key", "release", "openapi", "doctor"):
        assert name in help_text


def test_a_command_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    assert command("sing", cwd=tmp_path).returncode == 2


def test_the_settings_are_listed_with_their_defaults(tmp_path: Path) -> None:
    listed = json.loads(command("settings", "--json", cwd=tmp_path, SERINUS_PORT="1").stdout)

    by_name = {setting["name"]: setting for setting in listed}
    assert by_name["SERINUS_PORT"]["default"] == "8000"
    assert by_name["SERINUS_PORT"]["given"] is True
    assert by_name["API_V2_TRAFFIC_PERCENTAGE"]["given"] is False


def findings(*arguments: str, cwd: Path, **settings: str) -> dict[str, tuple[str, str]]:
    """State and remedy by subject."""
    ended = command("doctor", "--json", *arguments, cwd=cwd, **settings)
    return {
        each["subject"]: (each["state"], each["remedy"]) for each in json.loads(ended.stdout)
    }


def test_the_doctor_finds_a_healthy_installation(tmp_path: Path, database_url: str) -> None:
    ended = command("doctor", cwd=tmp_path, **deployed(database_url))

    assert ended.returncode == 0
    assert "up to date" in ended.stdout
    assert SECRET not in ended.stdout


def test_the_doctor_names_what_is_wrong_and_the_remedy(tmp_path: Path) -> None:
    away = "postgresql://nobody:wrong@127.0.0.1:9/none"
    ended = command("doctor", cwd=tmp_path, **deployed(away))

    assert ended.returncode == 1
    assert "check DATABASE_URL" in ended.stdout
    assert "wrong" not in ended.stdout


def test_the_doctor_says_which_migrations_are_missing(
    tmp_path: Path, server_dsn: str, database_url: str
) -> None:
    empty = f"{server_dsn.rpartition('/')[0]}/postgres"

    found = findings(cwd=tmp_path, **deployed(empty))

    assert found["schema"][0] == "warning"
    assert "serinus migrate" in found["schema"][1]


def test_the_doctor_notices_a_redis_that_is_away(tmp_path: Path, database_url: str) -> None:
    found = findings(cwd=tmp_path, REDIS_URL="redis://127.0.0.1:9/0", **deployed(database_url))

    assert found["redis"][0] == "warning"


def test_the_doctor_finds_redis(tmp_path: Path, database_url: str, redis_url: str) -> None:
    found = findings(cwd=tmp_path, REDIS_URL=redis_url, **deployed(database_url))

    assert found["redis"][0] == "ok"


def test_the_doctor_says_that_a_share_has_no_effect(tmp_path: Path, database_url: str) -> None:
    found = findings(
        cwd=tmp_path,
        API_V2_ENABLED="false",
        API_V2_TRAFFIC_PERCENTAGE="50",
        **deployed(database_url),
    )

    assert found["canary"][0] == "warning"


def test_accounts_are_made_listed_and_given_passwords(
    tmp_path: Path, database_url: str
) -> None:
    settings = deployed(database_url)
    boss = ("boss@example.org", "--role", "admin", "--password-stdin")
    weak = command("user", "create", *boss, cwd=tmp_path, stdin="12345678\n", **settings)
    made = command("user", "create", *boss, cwd=tmp_path, stdin="a good long one\n", **settings)
    again = command(
        "user", "create", *boss, cwd=tmp_path, stdin="a good long one\n", **settings
    )
    listed = command("user", "list", "--json", cwd=tmp_path, **settings)

    assert weak.returncode == 1
    assert "most common" in weak.stderr
    assert made.returncode == 0, made.stderr
    assert again.returncode == 1
    assert "taken" in again.stderr
    assert [user["role"] for user in json.loads(listed.stdout)] == ["admin"]


def test_a_name_is_shown_as_it_is_written(tmp_path: Path, database_url: str) -> None:
    settings = deployed(database_url)
    made = command(
        *("user", "create", "a@example.org", "--username", "[/bold] [red]ann"),
        "--password-stdin",
        cwd=tmp_path,
        stdin="a long enough passphrase",
        **settings,
    )

    assert made.stdout == "[/bold] [red]ann <a@example.org> is author\n"
    assert "[/bold] [red]ann" in command("user", "list", cwd=tmp_path, **settings).stdout


def test_keys_are_made_listed_and_revoked(tmp_path: Path, database_url: str) -> None:
    settings = deployed(database_url)
    boss = "boss@example.org"
    command(
        *("user", "create", boss, "--password-stdin"),
        cwd=tmp_path,
        stdin="a good long one\n",
        **settings,
    )
    asked = ("--scope", "posts:read", "--scope", "release:override")

    def key(*arguments: str) -> tuple[int, str, str]:
        ended = command("key", *arguments, cwd=tmp_path, **settings)
        return ended.returncode, ended.stdout, ended.stderr

    code, raw, note = key("create", " Boss@Example.org", *asked, "--name", "[/] \x1b[2J 金糸雀")
    assert code == 0, note
    prefix, key_id, secret = raw.removesuffix("\n").split("_")
    assert (prefix, len(key_id), len(secret)) == ("srn", 32, 49)
    assert secret not in note
    assert "shown this once" in note

    code, listed, _ = key("list", boss, "--json")
    (told,) = json.loads(listed)
    assert told["name"] == "[/] \x1b[2J 金糸雀"
    assert told["scopes"] == ["posts:read", "release:override"]
    assert told["expires_at"] is None
    assert secret not in listed
    code, table, complaint = key("list", boss)
    assert code == 0, complaint
    assert "\x1b[2J" not in table

    assert key("revoke", key_id)[0] == 0
    assert json.loads(key("list", boss, "--json")[1]) == []


def test_a_key_that_cannot_be_is_told_in_a_line(tmp_path: Path, database_url: str) -> None:
    settings = deployed(database_url)

    def refused(*arguments: str) -> tuple[int, str]:
        ended = command("key", *arguments, cwd=tmp_path, **settings)
        assert ended.stdout == ""
        assert "Traceback" not in ended.stderr
        return ended.returncode, ended.stderr

    code, complaint = refused("create", "nobody@example.org", "--scope", "posts:read")
    assert (code, complaint.count("\n")) == (1, 1)
    assert "nobody has the address" in complaint
    assert refused("list", "nobody@example.org")[0] == 1
    code, complaint = refused("revoke", "0198a6a0-0000-7000-8000-00000000000b")
    assert (code, complaint.count("\n")) == (1, 1)
    assert refused("revoke", "x")[0] == 2
    assert refused("create", "nobody@example.org")[0] == 2
    assert refused("create", "a@example.org", "--scope", "posts:read", "--days", "0")[0] == 2


def test_a_key_of_the_command_line_expires_and_knows_no_scopes_but_ours(
    tmp_path: Path, database_url: str
) -> None:
    settings = deployed(database_url)
    boss = "boss@example.org"
    command(
        *("user", "create", boss, "--password-stdin"),
        cwd=tmp_path,
        stdin="a good long one\n",
        **settings,
    )

    unknown = command("key", "create", boss, "--scope", "posts", cwd=tmp_path, **settings)
    wanted = ("--scope", "posts:read", "--days", "30")
    command("key", "create", boss, *wanted, cwd=tmp_path, **settings)
    (told,) = json.loads(
        command("key", "list", boss, "--json", cwd=tmp_path, **settings).stdout
    )

    assert unknown.returncode == 1
    assert "release:override" in unknown.stderr
    ends, began = (datetime.fromisoformat(told[name]) for name in ("expires_at", "created_at"))
    assert abs((ends - began) - timedelta(days=30)) < timedelta(minutes=1)


def test_the_status_tells_what_is_in_force_apart_from_what_is_configured_here(
    starting: Starting, home: Path, database_url: str
) -> None:
    before = command("release", "status", cwd=home, **deployed(database_url))
    with starting(API_V2_TRAFFIC_PERCENTAGE="12.5"):
        during = command("release", "status", "--json", cwd=home, **deployed(database_url))

    assert "no server was ever started" in before.stdout
    status = json.loads(during.stdout)
    assert status["share_percent"] == "12.5"
    assert status["configured"]["percent"] == "0"
    assert status["epoch"] == 1


def test_a_bucket_is_told_with_its_arm(tmp_path: Path) -> None:
    told = command(
        "release", "bucket", "client-1", cwd=tmp_path, API_V2_TRAFFIC_PERCENTAGE="70"
    )

    assert told.stdout == "6986 candidate\n"


async def test_demo_content_is_there_on_the_first_start_and_only_once(home: Path) -> None:
    for start in (1, 2):
        with serving(home, "--demo") as server:
            async with server.client() as http:
                posts = await http.get("/api/v2/posts", params={"count": "exact", "limit": 100})

            assert posts.status_code == 200
            assert {post["locale"] for post in posts.json()["data"]} == {"en", "ja"}
            assert posts.json()["count"]["value"] >= 25
            assert ("Demo content" in server.said) is (start == 1)


@dataclass(frozen=True)
class RealContent:
    kind: str
    path: str
    posts: int
    pages: int
    comments: int
    skipped: int

    def __str__(self) -> str:
        return self.kind


REAL = [
    RealContent("markdown", "rust-blog/content", 746, 0, 0, 3),
    RealContent("jsonl", "jser-info.jsonl", 12_794, 0, 0, 93),
    RealContent("wxr", "wordpress-theme-unit-test.xml", 58, 21, 33, 107),
]


@pytest.mark.parametrize("real", REAL, ids=str)
async def test_real_content_comes_in_whole_and_a_second_time_changes_nothing(
    home: Path, pool: asyncpg.Pool, database_url: str, real: RealContent
) -> None:
    if not (DATA / real.path).exists():
        pytest.skip(f"{real.path} is not here; SERINUS_TEST_DATA names its folder")

    def run() -> dict[str, Any]:
        arguments = ("import", real.kind, str(DATA / real.path), "--json")
        ended = command_within(120, *arguments, cwd=home, **deployed(database_url))
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout))

    first = run()
    newest = await pool.fetchval("SELECT max(xmin::text::bigint) FROM posts")
    second = run()

    kinds = {"posts": real.posts, "pages": real.pages, "comments": real.comments}
    assert {kind: first[kind]["created"] for kind in kinds} == kinds
    assert {kind: second[kind]["unchanged"] for kind in kinds} == kinds
    for report in (first, second):
        assert report["posts"]["skipped"] == real.skipped
        assert {report[kind]["failed"] for kind in kinds} == {0}
    assert await pool.fetchval("SELECT count(*) FROM posts") == real.posts + real.pages
    assert await pool.fetchval("SELECT count(*) FROM comments") == real.comments
    assert await pool.fetchval("SELECT max(xmin::text::bigint) FROM posts") == newest
