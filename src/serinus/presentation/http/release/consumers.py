"""/api/release/consumers: whose arm somebody chose; and which bucket a consumer has."""

from typing import Annotated
from urllib.parse import unquote

from litestar import Response, delete, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from serinus.application.identity.authentication import Authenticated
from serinus.application.release.steering import (
    LONGEST_KEY,
    MOST_PINS,
    NoRelease,
    NotPinned,
    Steering,
    TooManyPins,
)
from serinus.domain.errors import Forbidden, Invalid
from serinus.domain.identity.caller import Caller
from serinus.domain.release.assignment import Arm, bucket
from serinus.presentation.http.asgi import App, Receive, Scope, Send
from serinus.presentation.http.release.asking import (
    BASE,
    AnyRequest,
    Here,
    answered,
    everything,
    may_look,
    reads,
)
from serinus.presentation.http.release.people import overrides
from serinus.presentation.http.release.shapes import Step, reason_violations
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given
from serinus.presentation.http.v2.list_parameters import described_query
from serinus.presentation.http.v2.list_queries import check_known
from serinus.presentation.http.v2.lists import Listing
from serinus.presentation.http.v2.query_values import parameters
from serinus.presentation.http.v2.refusals import InvalidParameter

CONSUMER = described_query(
    "consumer", "The key that is hashed: an API key's id, else a user's, ...", required=True
)
REASON = described_query(
    "reason", "Why: it stands in the record of the release.", required=True
)


class PinView(Struct, frozen=True):
    consumer: Annotated[str, about("the key that is hashed", example="partner-7")]
    arm: Arm


class NewPin(Step, frozen=True, kw_only=True):
    """The arm that is to serve a consumer, whatever its bucket is."""

    arm: Arm


class BucketView(Struct, frozen=True, kw_only=True):
    """Where a consumer stands, as the worker that answers serves it."""

    consumer: Annotated[str, about("the key that is hashed", example="partner-7")]
    bucket: Annotated[int, about("0 to 9,999; on the candidate below the share", example=812)]
    arm: Arm
    pinned: Annotated[bool, about("somebody chose the arm")]
    salt: Annotated[str, about("hashed with the key")]


@reads("/consumers")
async def list_pins(
    request: AnyRequest, caller: Given[Caller], steering: Given[Steering]
) -> Response[Listing[PinView]]:
    """List the consumers that are pinned to an arm, by their keys."""
    may_look(caller, request)
    pins = await steering.pins()
    return everything([PinView(*each) for each in sorted(pins.items())], MOST_PINS, request)


@put("/consumers/{consumer:str}", opt=refuses(Forbidden, NoRelease, TooManyPins))
async def pin_consumer(
    consumer: FromPath[str],
    data: JSONBody[NewPin],
    signed_in: Given[Authenticated],
    steering: Given[Steering],
) -> Response[PinView]:
    """Keep a consumer on one arm. What it does is no evidence any more."""
    actor, key = overrides(signed_in), unquote(consumer)
    await steering.pin(key, data.arm, actor=actor, reason=data.reason)
    return answered(PinView(key, data.arm))


@delete(
    "/consumers/{consumer:str}",
    opt={**refuses(Forbidden, Invalid, NoRelease, NotPinned), "parameters": [REASON]},
)
async def unpin_consumer(
    request: AnyRequest,
    consumer: FromPath[str],
    signed_in: Given[Authenticated],
    steering: Given[Steering],
) -> None:
    """Let a consumer go where the share takes it."""
    actor, given = overrides(signed_in), parameters(request.scope["query_string"])
    check_known(given, ("reason",))
    reason = given.get("reason", "")
    for wrong in reason_violations({"reason": reason}):
        raise InvalidParameter(f"reason: {wrong.message}", parameter="reason")
    await steering.pin(unquote(consumer), None, actor=actor, reason=reason)


@reads("/bucket", parameters=[CONSUMER])
async def show_bucket(
    request: AnyRequest, caller: Given[Caller], here: Given[Here]
) -> Response[BucketView]:
    """Say which bucket a consumer has, and which arm serves it."""
    key = may_look(caller, request, "consumer").get("consumer", "")
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InvalidParameter(f"expected 1 to {LONGEST_KEY} characters", parameter="consumer")
    routing = here()
    return answered(
        BucketView(
            consumer=key,
            bucket=bucket(routing.salt, key),
            arm=routing.arm(key),
            pinned=key in routing.pins,
            salt=routing.salt,
        ),
        unless=request,
    )


HANDLERS = [list_pins, pin_consumer, unpin_consumer, show_bucket]

KEYS = f"{BASE}/consumers/"


def keys_in_one_piece(app: App) -> App:
    """A key may hold a slash, which a client writes as `%2F`: the path that the server gives
    has it decoded. So what follows stays as it was sent, and the handler decodes it.
    """

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        sent = raw.partition(b"?")[0].decode("latin-1")
        if scope["type"] == "http" and sent.startswith(KEYS):
            scope = {**scope, "path": sent}
        await app(scope, receive, send)

    return routed
