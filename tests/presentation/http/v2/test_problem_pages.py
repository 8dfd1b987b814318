"""/problems: what the `type` of every problem leads to."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import serinus.application
import serinus.domain
import serinus.presentation.http
from serinus.domain.errors import SerinusError
from serinus.presentation.http.v2.problem_catalogue import BY_CODE, CATALOGUE
from serinus.presentation.http.v2.problems import status_of
from tests.support.whole_v2 import Client, problem

# Told on a command line, and to nobody over HTTP.
ELSEWHERE = {
    "import_running",
    "drill_not_possible",
    "too_many_webhooks",
    "webhook_delivery_not_found",
    "webhook_disabled",
    "webhook_not_found",
}


def below(error: type[SerinusError]) -> Iterator[type[SerinusError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from below(kind)


@pytest.fixture(scope="module")
def coded() -> set[str]:
    """The codes of every error that a request can come to."""
    for package in (serinus.domain, serinus.application, serinus.presentation.http):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    reachable = ("serinus.domain.", "serinus.application.", "serinus.presentation.http.v2.")
    ours = [kind for kind in below(SerinusError) if kind.__module__.startswith(reachable)]
    return {kind.code for kind in ours if "code" in vars(kind)} - ELSEWHERE


def test_every_code_is_explained_and_nothing_else(coded: set[str]) -> None:
    assert set(BY_CODE) == coded


def test_no_code_is_explained_twice() -> None:
    assert len(BY_CODE) == len(CATALOGUE)


async def test_every_problem_is_explained_at_its_type(client: Client) -> None:
    for known in CATALOGUE:
        answer = await client.get(f"/problems/{known.code}")

        assert answer.json() == {
            "type": f"/problems/{known.code}",
            "code": known.code,
            "status": int(status_of(known.error)),
            "title": known.title,
            "meaning": known.meaning,
            "remedy": known.remedy,
        }
        assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_all_problems_stand_in_one_list_by_their_status(client: Client) -> None:
    listed = (await client.get("/problems")).json()["data"]

    assert {each["code"] for each in listed} == set(BY_CODE)
    order = [(each["status"], each["code"]) for each in listed]
    assert order == sorted(order)


async def test_a_problem_that_there_is_not_is_not_explained(client: Client) -> None:
    problem(await client.get("/problems/nothing"), 404, "path_not_found")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/problem+json", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
    ],
)
async def test_people_get_a_page_and_programs_get_json(
    client: Client, accept: str, media_type: str
) -> None:
    for path in ("/problems", "/problems/invalid_token"):
        answer = await client.sends(accept=accept).get(path)

        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert answer.headers["vary"] == "Accept"


async def test_the_pages_lead_to_each_other(client: Client) -> None:
    reader = client.sends(accept="text/html")

    everything, one = await reader.get("/problems"), await reader.get("/problems/rate_limited")

    assert "href='/problems/rate_limited'" in everything.text
    assert "HTTP 429 Too Many Requests" in one.text
    assert "href='/problems'" in one.text
