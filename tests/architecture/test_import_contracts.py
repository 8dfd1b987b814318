"""The import contracts hold, and each of them notices an import that it is there to forbid."""

from pathlib import Path

import pytest

from tests.support.import_contracts import Copy, contracts

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
CONTRACTS = contracts(PYPROJECT)

# contract -> (module, what it must not import); each breaks this one contract and no other.
OFFENCES = {
    "Dependencies point inward": [
        ("presentation/http/asgi.py", "serinus.infrastructure.setting_values"),
        ("infrastructure/setting_values.py", "serinus.presentation.http.asgi"),
        ("another_layer.py", "serinus.domain.errors"),
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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("spoilt"), PYPROJECT)


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
