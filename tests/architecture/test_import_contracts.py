"""The import contracts hold, and each of them notices an import that it is there to forbid."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import serinus

SOURCE = Path(serinus.__file__).parent
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
CONTRACTS = {
    contract["name"]
    for contract in tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
}
VERDICT = re.compile(r"^(.+) (KEPT|BROKEN)\b", re.MULTILINE)

# contract -> (module, what it must not import); each breaks this one contract and no other.
OFFENCES = {
    "Dependencies point inward": [
        ("presentation/http/asgi.py", "serinus.infrastructure.setting_values"),
        ("infrastructure/setting_values.py", "serinus.presentation.http.asgi"),
        ("another_layer.py", "serinus.domain.errors"),
    ],
    "Engine v1 knows nothing of serinus": [
        ("legacy/slugs.py", "serinus.domain.content.slug"),
        ("legacy/slugs.py", "serinus.application.identity.limits"),
    ],
    "One module knows engine v1": [
        ("wiring/clock.py", "serinus.legacy.slugs"),
        ("__main__.py", "serinus.legacy"),
    ],
    "Content and release never meet; both may know who is asking": [
        ("domain/content/slug.py", "serinus.domain.release.assignment"),
        ("domain/release/assignment.py", "serinus.domain.content.slug"),
        ("domain/another_context.py", "serinus.domain.errors"),
    ],
    "Use cases do not call use cases of another context": [
        ("application/content/editing.py", "serinus.application.identity.limits"),
        ("application/identity/sign_in.py", "serinus.application.content.editing"),
    ],
    "API generations share nothing but the application": [
        ("presentation/http/v1/wording.py", "serinus.presentation.http.v2.spelling"),
        ("presentation/http/v2/spelling.py", "serinus.presentation.http.v1.wording"),
    ],
    "The generation switch knows nothing of what is behind it": [
        ("presentation/http/generation_switch.py", "serinus.presentation.http.v1.wording"),
        ("presentation/http/generation_switch.py", "litestar"),
    ],
    "Stores and sources are unaware of each other": [
        ("infrastructure/redis/connection.py", "serinus.infrastructure.postgres.pool"),
        ("infrastructure/memory/rate_limits.py", "serinus.infrastructure.redis.connection"),
    ],
    "No I/O, framework or clock in the core": [
        ("domain/content/slug.py", "time"),
        ("domain/release/assignment.py", "random"),
        ("application/content/editing.py", "logging"),
        ("application/identity/limits.py", "litestar.exceptions"),
    ],
    "Presentation reaches no driver": [
        ("presentation/http/asgi.py", "asyncpg"),
        ("presentation/cli/main.py", "redis.asyncio"),
    ],
    "Only engine v1 uses the mainstream stack": [
        ("wiring/clock.py", "fastapi"),
        ("infrastructure/logs.py", "sqlalchemy.orm"),
        ("infrastructure/postgres/migrations/runner.py", "sqlalchemy"),
        ("presentation/http/asgi.py", "pydantic"),
    ],
    "No package has siblings that import each other": [
        ("presentation/http/asgi.py", "serinus.presentation.http.front"),
        ("infrastructure/postgres/failures.py", "serinus.infrastructure.postgres.posts"),
    ],
}


class Copy:
    """The source in a folder of its own, where it may be spoilt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ignore = shutil.ignore_patterns("__pycache__")
        self._source = shutil.copytree(SOURCE, folder / "serinus", ignore=ignore)

    def broken_contracts(self) -> set[str]:
        command = "from importlinter.cli import lint_imports_command as run; run()"
        done = subprocess.run(  # noqa: S603 - a command of ours
            [sys.executable, "-c", command, "--no-logo", "--config", PYPROJECT],
            cwd=self._folder,  # what is to be imported is looked for here first
            env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        verdicts = dict(VERDICT.findall(done.stdout))
        assert set(verdicts) == CONTRACTS, done.stdout + done.stderr
        broken = {contract for contract, verdict in verdicts.items() if verdict == "BROKEN"}
        assert done.returncode == bool(broken)
        return broken

    def broken_by(self, module: str, imported: str) -> set[str]:
        path = self._source / module
        before = path.read_text() if path.exists() else None
        path.write_text(f"{before or ''}\nimport {imported}\n")
        try:
            return self.broken_contracts()
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("spoilt"))


def test_every_contract_is_kept(copy: Copy) -> None:
    assert copy.broken_contracts() == set()


def test_every_contract_is_put_to_the_test() -> None:
    assert set(OFFENCES) == CONTRACTS


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [
        pytest.param(contract, module, imported, id=f"{module} imports {imported}")
        for contract, offences in OFFENCES.items()
        for module, imported in offences
    ],
)
def test_a_contract_notices_what_it_forbids(
    copy: Copy, contract: str, module: str, imported: str
) -> None:
    assert copy.broken_by(module, imported) == {contract}
