"""What stands in `deploy/` and the runbooks, held against the program that it is about."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from serinus.infrastructure.settings import described
from serinus.presentation.http.admission import UNLIMITED

ROOT = Path(__file__).parents[2]
DEPLOY, RUNBOOKS = ROOT / "deploy", ROOT / "docs" / "runbooks"
KUBERNETES = DEPLOY / "kubernetes" / "base"
VARIABLE = re.compile(
    r"\b(?:SERINUS_(?!TEST_)[A-Z0-9_]+|API_V2_[A-Z_]+|USE_LEGACY_[A-Z0-9_]+|[A-Z]+_URL)\b"
)
#: Seconds: what `serve` gives its workers to answer, and those to close their connections.
WORKERS, CONNECTIONS = 15, 10


def texts() -> list[Path]:
    found = [each for folder in (DEPLOY, RUNBOOKS) for each in sorted(folder.rglob("*"))]
    mine = {".env", "secrets.env"}  # of whoever tries them here
    return [each for each in found if each.is_file() and each.name not in mine]


def manifests(kind: str) -> list[dict[str, Any]]:
    found = [
        each
        for path in sorted(KUBERNETES.glob("*.yaml"))
        for each in yaml.safe_load_all(path.read_text())
    ]
    return [each for each in found if each["kind"] == kind]


def pods() -> list[dict[str, Any]]:
    return [
        each["spec"]["template"] for kind in ("Deployment", "Job") for each in manifests(kind)
    ]


def settings_of(overlay: str) -> dict[str, str]:
    file = DEPLOY / "kubernetes" / "overlays" / overlay / "settings.env"
    lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.staging.yml").read_text())
    return found


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_that_is_set_or_named_exists(path: Path) -> None:
    known = {name for name, _, _ in described()}

    assert set(VARIABLE.findall(path.read_text())) <= known


def test_staging_sets_what_moves_and_takes_back_traffic() -> None:
    given = compose()["services"]["serinus"]["environment"]

    assert {
        "API_V2_ENABLED",
        "API_V2_TRAFFIC_PERCENTAGE",
        "USE_LEGACY_API_V1",
        "DATABASE_URL",
        "REDIS_URL",
    } <= set(given)


def test_no_secret_is_committed() -> None:
    for path in texts():
        for line in path.read_text().splitlines():
            assert not re.match(r"\s*(SERINUS_SECRET_KEY|[A-Z]+_PASSWORD)[=:]\s*[^\s$]", line)


def test_pods_are_asked_where_limits_do_not_count() -> None:
    (server,) = manifests("Deployment")
    (container,) = server["spec"]["template"]["spec"]["containers"]
    probes = {name: container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}

    paths = {name: probe["httpGet"]["path"] for name, probe in probes.items()}
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    assert set(paths.values()) <= UNLIMITED


def test_who_is_stopped_has_time_to_answer_what_has_begun() -> None:
    (server,) = manifests("Deployment")
    spec = server["spec"]["template"]["spec"]
    readiness = spec["containers"][0]["readinessProbe"]
    unnoticed = readiness["periodSeconds"] * readiness["failureThreshold"]
    staging = compose()["services"]["serinus"]["stop_grace_period"]

    for overlay in ("staging", "production"):
        drain = int(settings_of(overlay)["SERINUS_DRAIN_SECONDS"])
        assert unnoticed < drain
        assert spec["terminationGracePeriodSeconds"] > drain + WORKERS + CONNECTIONS
    assert int(staging.removesuffix("s")) > WORKERS + CONNECTIONS


def test_the_cluster_adds_no_variables_of_our_prefix() -> None:
    """For a service named `serinus` it would set SERINUS_PORT, and the start would stop."""
    assert all(pod["spec"]["enableServiceLinks"] is False for pod in pods())


def test_pods_may_do_nothing_they_need_not() -> None:
    for pod in pods():
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["spec"]["automountServiceAccountToken"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_whatever_selects_servers_finds_them() -> None:
    (server,) = manifests("Deployment")
    labels = server["spec"]["template"]["metadata"]["labels"]
    selecting = [each["spec"]["selector"] for each in manifests("Service")]
    for kind in ("Deployment", "PodDisruptionBudget"):
        selecting += [each["spec"]["selector"]["matchLabels"] for each in manifests(kind)]

    assert len(selecting) == 4
    assert all(selector == labels for selector in selecting)


def test_every_runbook_is_in_the_index() -> None:
    index = (RUNBOOKS / "README.md").read_text()

    pages = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([a-z-]+\.md)\)", index))


def test_every_alert_has_its_place_in_the_runbooks() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "serinus.rules.yml").read_text())
    watching = (RUNBOOKS / "watching.md").read_text()

    alerts = {
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    }
    assert len(alerts) > 10
    assert alerts == set(re.findall(r"`(Serinus[A-Z]\w+)`", watching))
