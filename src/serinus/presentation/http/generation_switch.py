"""The generation switch: one contract, two engines, and a share.

A plain ASGI application in front of two others. It knows neither of them: the stable arm, the
candidate arm, what is in force, and nothing else. It notes in `scope["state"]` who serves and
in which epoch that was decided; every answer says so.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from serinus.application.asked import Asked
from serinus.domain.release.assignment import Arm, CanaryKey, Routing, bucket
from serinus.domain.release.evidence import stratum
from serinus.presentation.http.asgi import App, Receive, Scope, Send, header
from serinus.presentation.http.consumer import consumer_key
from serinus.presentation.http.evidence import Attempt
from serinus.presentation.http.rescue import SAFE, Rescuer
from serinus.presentation.http.route_table import RouteTable

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
class Decision:
    """`counts`: as evidence. `wanted`: somebody asked for this arm, and sees what it does."""

    arm: Arm
    counts: bool
    wanted: bool = False


#: Who takes no part.
STABLE = Decision(Arm.STABLE, counts=False)


@dataclass(frozen=True, slots=True)
class GenerationSwitch:
    """`stable` may be None: then no routing may send anything there. `routes` tells which
    template a path matches; `rescuer` is asked where the candidate fails a read. `begin`: to
    note what a request asks of the database.
    """

    stable: App | None
    candidate: App
    in_force: InForce
    may_override: MayOverride
    canary_key: CanaryKey = CanaryKey.CONSUMER
    routes: RouteTable = field(default_factory=lambda: RouteTable(()))
    rescuer: Rescuer | None = None
    begin: Callable[[], Asked] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        routing, state = self.in_force.routing, scope["state"]
        key = self._key(scope)
        number = bucket(routing.salt, key)
        if routing.watched:
            state["route"] = self.routes.find(scope["path"])
        decision = await self._decided(scope, routing, key, number)
        arm = Arm.CANDIDATE if self.stable is None else decision.arm
        state |= {"arm": arm, "engine": ENGINE[arm], "epoch": routing.epoch}
        attempt = None
        if decision.counts:
            attempt = state["attempt"] = Attempt(routing, arm, stratum(number))
            if self.begin is not None:
                attempt.asked = self.begin()
        if arm is Arm.STABLE and self.stable is not None:
            await self.stable(scope, receive, send)
        elif self.rescuer is None or decision.wanted or scope["method"] not in SAFE:
            await self.candidate(scope, receive, send)
        else:
            rescue = await self.rescuer(self.candidate, scope, receive, send)
            if rescue is not None and attempt is not None:
                attempt.rescue, attempt.seconds = rescue

    async def _decided(self, scope: Scope, routing: Routing, key: str, number: int) -> Decision:
        """Somebody's choice goes before the release's, and the release's before the hash."""
        pinned = routing.pins.get(key) if routing.pins else None
        if pinned is not None:
            return Decision(pinned, counts=False)
        wanted = await self._overridden(scope)
        if wanted is not None:
            return Decision(wanted, counts=False, wanted=True)
        share = routing.share
        if routing.drill is not None and not key.startswith(routing.drill):
            return STABLE
        if routing.excluded_routes or routing.route_shares:
            route = scope["state"].get("route") or self.routes.find(scope["path"]) or ""
            if route in routing.excluded_routes:
                return STABLE
            share = min(share, routing.route_shares.get(route, share))
        arm = Arm.CANDIDATE if number < share.basis_points else Arm.STABLE
        return Decision(arm, counts=routing.watched)

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
