"""Alerts, dashboards and documentation name metrics: a server has to expose them."""

import json
import re
from pathlib import Path

import yaml

from tests.e2e.conftest import Starting
from tests.support.engines import needs_engine_v1
from tests.support.serving import SECRET, RunningServer, command
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAME = re.compile(
    r"\bserinus_(?:http|database|password|cache|release|routing|webhook|build)_\w+"
)
MATCHED = re.compile(r"\b(serinus_\w+)\{([^}]*)\}")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
GROUPED = re.compile(r"\bby \(([\w, ]+)\)")
PARTS = ("_bucket", "_sum", "_count")
#: Prometheus itself adds these.
ADDED = {"job", "instance"}


def expressions() -> list[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "serinus.rules.yml").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    for path in (DEPLOY / "grafana" / "dashboards").glob("*.json"):
        board = json.loads(path.read_text())
        asked += [
            each["expr"] for panel in board["panels"] for each in panel.get("targets", ())
        ]
        asked += [each["expr"] for each in board["annotations"]["list"]]
    return asked


def documents() -> list[str]:
    paths = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *DEPLOY.rglob("*.test.yml")]
    return [path.read_text() for path in paths]


def exposed(text: str) -> dict[str, set[str]]:
    """Every name that can be asked for, with the labels of its samples."""
    found: dict[str, set[str]] = {}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
        parts = PARTS if kind == "histogram" else ("",)
        found |= {f"{name}{part}": set() for part in parts}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.MULTILINE):
        found[name] |= set(LABEL.findall(labels))
    return found


async def told(server: RunningServer) -> str:
    async with server.client() as http:
        return (await http.get("/metrics")).text


@needs_engine_v1
async def test_every_metric_that_is_named_anywhere_is_exposed(
    starting: Starting, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    asked = expressions()
    settings = {"DATABASE_URL": database_url, "SERINUS_SECRET_KEY": SECRET}
    with starting(REDIS_URL=redis_url) as server:
        async with server.client() as http:
            for path in ("/api/v1/posts", "/api/v2/posts"):
                await http.get(path)
        began = command("release", "start", "--reason", "to see", cwd=tmp_path, **settings)
        assert began.returncode == 0, began.stderr

        async def judged() -> bool:
            return 'serinus_release_hold{why="dwell"}' in await told(server)

        await until(judged)
        names = exposed(await told(server))

    for text in (*asked, *documents()):
        assert set(NAME.findall(text)) <= set(names)
    for expression in asked:
        for name, matchers in MATCHED.findall(expression):
            assert set(LABEL.findall(matchers)) <= names[name], expression
    grouped = {
        label.strip()
        for each in asked
        for by in GROUPED.findall(each)
        for label in by.split(",")
    }
    assert grouped <= set().union(*names.values()) | ADDED
