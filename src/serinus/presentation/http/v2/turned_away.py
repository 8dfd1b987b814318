"""What contract v2 answers to requests that no handler sees."""

from http import HTTPStatus

from serinus.domain.errors import TooMany, Unavailable
from serinus.presentation.http.asgi import Receive, Scope, Send
from serinus.presentation.http.v2.problems import send_problem
from serinus.presentation.http.v2.refusals import BodyTooLarge, PathNotFound


async def turn_away(scope: Scope, send: Send, status: HTTPStatus, wait: int) -> None:
    """`wait`: seconds until there is room again, for 429."""
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        await send_problem(TooMany(wait), scope, send)
    else:
        await send_problem(BodyTooLarge("the body is larger than 10 MiB"), scope, send)


async def disabled(scope: Scope, _: Receive, send: Send) -> None:
    """Stands in for the contract with `API_V2_ENABLED=false`."""
    await send_problem(PathNotFound("contract v2 is not enabled here"), scope, send)


async def not_ready(scope: Scope, send: Send) -> None:
    """Stands in for readiness when the server is about to end."""
    await send_problem(Unavailable("this server is about to end"), scope, send)
