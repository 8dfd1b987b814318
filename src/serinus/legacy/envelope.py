"""The shape of every answer, and the one place where failures become answers.

`Failure` is raised where a rule is broken; whatever else is raised is either a database that
is away (503) or our own mistake (500), logged with the request's id and never shown.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serinus.legacy.database import DatabaseAway, is_away

logger = logging.getLogger(__name__)

Data = TypeVar("Data")

RETRY_AFTER = "5"  # seconds
UNAVAILABLE = "Service temporarily unavailable"
UNEXPECTED = "An internal server error occurred"


class Envelope(BaseModel, Generic[Data]):
    """Around the data of every successful answer."""

    success: Literal[True] = True
    data: Data
    message: None = None
    error: None = None


class Done(BaseModel):
    """The data of an answer that has only this to say."""

    message: str


class FieldError(BaseModel):
    field: str
    message: str


class Failure(Exception):
    """A request that cannot be served, in the contract's words."""

    def __init__(
        self,
        status: HTTPStatus,
        error: str,
        *,
        validation_errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        data: BaseModel | None = None,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.validation_errors = validation_errors or []
        self.headers = headers
        self.data = data


def malformed(error: str) -> Failure:
    return Failure(HTTPStatus.BAD_REQUEST, error)


def unauthorized(error: str) -> Failure:
    return Failure(HTTPStatus.UNAUTHORIZED, error)


def forbidden() -> Failure:
    return Failure(HTTPStatus.FORBIDDEN, "Insufficient permissions")


def not_found(error: str) -> Failure:
    return Failure(HTTPStatus.NOT_FOUND, error)


def conflict(error: str) -> Failure:
    return Failure(HTTPStatus.CONFLICT, error)


def unavailable(data: BaseModel | None = None) -> Failure:
    headers = {"Retry-After": RETRY_AFTER}
    return Failure(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, headers=headers, data=data)


def too_many(retry_after: int) -> Failure:
    return Failure(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Rate limit exceeded. Please try again later.",
        headers={"Retry-After": str(retry_after)},
    )


def invalid_input(validation_errors: list[FieldError]) -> Failure:
    return Failure(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid input", validation_errors=validation_errors
    )


def install_failure_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Failure, _answer_failure)
    app.add_exception_handler(HTTPException, _answer_unrouted)
    for kind in (DatabaseAway, DBAPIError, PoolTimeout, OSError):
        app.add_exception_handler(kind, _answer_database_failure)


class UnexpectedFailures:
    """Answers 500 for whatever nothing else answers for, and logs it once.

    Starlette's own handler for it raises the exception again after answering, so that the
    server logs it a second time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception:
            if started or scope["type"] != "http":
                raise
            logger.exception("request %s failed", _request_id(scope))
            failure = Failure(HTTPStatus.INTERNAL_SERVER_ERROR, UNEXPECTED)
            await _answer(failure)(scope, receive, send)


def _answer(failure: Failure) -> JSONResponse:
    content: dict[str, Any] = {
        "success": False,
        "data": failure.data.model_dump(mode="json") if failure.data else None,
        "message": None,
        "error": failure.error,
    }
    if failure.validation_errors:
        content["validation_errors"] = [e.model_dump() for e in failure.validation_errors]
    return JSONResponse(content, failure.status, failure.headers)


async def _answer_failure(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Failure):
        raise error
    return _answer(error)


async def _answer_unrouted(request: Request, error: Exception) -> JSONResponse:
    """Only the router raises `HTTPException` here: no such path, or no such method on it."""
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allow = {"Allow": ", ".join(_allowed_methods(request))}
        failure = Failure(HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed", headers=allow)
        return _answer(failure)
    return _answer(not_found("Endpoint not found"))


def _allowed_methods(request: Request) -> list[str]:
    """Of all routes with this path; the framework names those of the first one only."""
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path_regex.match(request.scope["path"]):
            methods |= route.methods or set()
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


async def _answer_database_failure(request: Request, error: Exception) -> JSONResponse:
    if not is_away(error):
        raise error
    reason = error.__cause__ or error  # the driver's words, without the statement
    logger.warning(
        "request %s: the database did not serve it: %r", _request_id(request.scope), reason
    )
    return _answer(unavailable())


def _request_id(scope: Scope) -> str:
    request_id = scope.get("state", {}).get("request_id", "-")
    return str(request_id)
