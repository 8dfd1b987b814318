"""Failures of HTTP itself, before or beside any use case.

    SerinusError
      Malformed             400  read the documentation
        MalformedJson, NotAnObject, InvalidParameter, UnknownParameter,
        UnsupportedCombination, MalformedHeader
      PathNotFound          404  (a NotFound)
      MethodNotAllowed      405  with `Allow`
      UnsupportedMediaType  415
      IdempotencyKeyReused  422
      PreconditionRequired  428
      IdempotencyInProgress 409  (a Conflict), with `Retry-After`
      InternalError         500  never with a word about what happened

Modules of the contract add leaves of their own to `Malformed`.
"""

from collections.abc import Iterable
from typing import ClassVar

from serinus.domain.errors import Conflict, NotFound, SerinusError
from serinus.presentation.http.v2.spelling import did_you_mean


class Malformed(SerinusError):
    """The request cannot be read. `parameter` names the part of the query it is about."""

    code: ClassVar = "malformed_request"

    def __init__(self, detail: str, *, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter


class MalformedJson(Malformed):
    code: ClassVar = "malformed_json"


class NotAnObject(Malformed):
    code: ClassVar = "not_an_object"

    def __init__(self) -> None:
        super().__init__("the body must be a JSON object")


class InvalidParameter(Malformed):
    """A query or path parameter that exists, with a value that it cannot have."""

    code: ClassVar = "invalid_parameter"


class UnknownParameter(Malformed):
    """Never ignored: a misspelt filter would silently show everything."""

    code: ClassVar = "unknown_parameter"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        hint = did_you_mean(name, known)
        super().__init__(f"there is no parameter {name[:100]!r}{hint}", parameter=name[:100])


class UnsupportedCombination(Malformed):
    """Filters and a sort that each exist, but together would be answered slowly."""

    code: ClassVar = "unsupported_combination"


class MalformedHeader(Malformed):
    code: ClassVar = "malformed_header"


class PathNotFound(NotFound):
    code: ClassVar = "path_not_found"


class MethodNotAllowed(SerinusError):
    code: ClassVar = "method_not_allowed"

    def __init__(self, allow: str) -> None:
        super().__init__(f"this path takes {allow}")
        self.allow = allow


class UnsupportedMediaType(SerinusError):
    code: ClassVar = "unsupported_media_type"


class BodyTooLarge(SerinusError):
    code: ClassVar = "body_too_large"


class PreconditionRequired(SerinusError):
    code: ClassVar = "precondition_required"

    def __init__(self) -> None:
        super().__init__("send If-Match with the ETag you last saw")


class IdempotencyKeyReused(SerinusError):
    code: ClassVar = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request")


class IdempotencyInProgress(Conflict):
    code: ClassVar = "idempotency_in_progress"
    retry_after: ClassVar = 1  # seconds

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key is still running")


class InternalError(SerinusError):
    code: ClassVar = "internal_error"

    def __init__(self) -> None:
        super().__init__("something went wrong on our side; the request id helps to find it")
