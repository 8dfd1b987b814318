"""The generation switch: one contract, two engines, and a share.

A plain ASGI application in front of two others. It knows neither of them: the stable arm, the
candidate arm, what is in force, and nothing else. It notes in `scope["state"]` who serves and
in which epoch that was decided; every answer says so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from serinus.domain.release.assignment import Arm, CanaryKey, Routing
from serinus.presentation.http.asgi import App, Receive, Scope, Send, header
from serinus.presentation.http.consumer import consumer_key

ENGINE = {Arm.STABLE: "v1", Arm.CANDIDATE: "v2"}
ARMS: dict[bytes | None, Arm] = {arm.value.encode(): arm for arm in Arm}

#: Whether the credentials hold the scope `release:override`; never raises.
MayOverride = Callable[[str | None, str | None], Awaitable[bool]]


@dataclass(slots=True)
class InForce:
    """The routing that every request reads: one attribute, replaced as a whole."""

    routing: Routing

    def put(self, routing: Routing) -> None:
        self.routing = routing


@dataclass(frozen=True, slots=True)
class GenerationSwitch:
    """`stable` may be None: then no routing may send anything there."""

    stable: App | None
    candidate: App
    in_force: InForce
    may_override: MayOverride
    canary_key: CanaryKey = CanaryKey.CONSUMER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        routing = self.in_force.routing
        arm = await self._overridden(scope) or routing.arm(self._key(scope))
        app = self.candidate if arm is Arm.CANDIDATE or self.stable is None else self.stable
        served = Arm.CANDIDATE if app is self.candidate else Arm.STABLE
        scope["state"] |= {"arm": served, "engine": ENGINE[served], "epoch": routing.epoch}
        await app(scope, receive, send)

    def _key(self, scope: Scope) -> str:
        if self.canary_key is CanaryKey.REQUEST:
            return str(scope["state"]["request_id"])
        return consumer_key(scope, scope["state"]["client_address"])

    async def _overridden(self, scope: Scope) -> Arm | None:
        """The arm that staff asked for. Anybody else's wish is as if it were not there."""
        wanted = ARMS.get(header(scope, b"serinus-arm"))
        if wanted is None:
            return None
        authorization, key = header(scope, b"authorization"), header(scope, b"x-api-key")
        allowed = await self.may_override(
            authorization.decode("latin-1") if authorization else None,
            key.decode("latin-1") if key else None,
        )
        return wanted if allowed else None
