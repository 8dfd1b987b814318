"""Engine v1, given what it needs: the one module that knows `serinus.legacy`.

Nothing here is called where that package is gone; then this module may go as well.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import cast

from redis.exceptions import RedisError

import serinus
from serinus.application import asked
from serinus.application.identity.sign_in import SignInLimits
from serinus.domain.errors import TooMany
from serinus.infrastructure.credentials.access_tokens import PURPOSE
from serinus.infrastructure.credentials.derivation import derive
from serinus.infrastructure.metrics import Load, Metrics
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.wiring.stores import Stores


@dataclass(frozen=True, slots=True)
class EngineV1:
    """`load` and `calibrate` may be called once `app` has started."""

    app: App
    load: Callable[[], Load]
    calibrate: Callable[[], Awaitable[None]]


def engine_v1(settings: Settings, stores: Stores, metrics: Metrics) -> EngineV1:
    # Imported here and nowhere else: with USE_LEGACY_API_V1=false neither FastAPI nor
    # SQLAlchemy's ORM is ever loaded, and where the package is gone, nothing misses it.
    from serinus.legacy import (  # type: ignore[attr-defined, unused-ignore] # noqa: PLC0415
        application,
        configuration,
    )

    app = application.create_app(
        configuration.LegacyConfiguration(
            database_url=str(settings.database_url),
            signing_seeds=tuple(derive(key, PURPOSE) for key in settings.serinus_secret_key),
            access_ttl=settings.serinus_access_ttl,
            common_passwords=stores.common_passwords,
            version=serinus.__version__,
            login_limit=_login_limit(stores.sign_in_limits),
            cache_check=_cache_check(stores),
            pool_size=settings.serinus_pool_size,
            password_waited=metrics.waited_for_passwords("v1"),
            asked_database=asked.noting(metrics.asked_database("v1")),
        )
    )

    async def calibrate() -> None:
        await app.state.resources.passwords.calibrate()

    return EngineV1(
        cast("App", app), lambda: Load(**asdict(app.state.resources.load())), calibrate
    )


def _login_limit(limits: SignInLimits) -> Callable[[str, str], Awaitable[int | None]]:
    async def wait(client: str, account: str) -> int | None:
        try:
            await limits.admit(client=client, email=account)
        except TooMany as error:
            return error.retry_after
        return None

    return wait


def _cache_check(stores: Stores) -> Callable[[], Awaitable[bool | None]] | None:
    redis = stores.redis
    if redis is None:
        return None

    async def answers() -> bool | None:
        try:
            return bool(await redis.ping())
        except (RedisError, OSError):
            return False

    return answers
