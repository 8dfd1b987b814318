"""Every problem there is, in words for people: what it means and what to do.

The one list behind titles, `/problems` and the OpenAPI document. Codes are never renamed.
"""

from serinus.domain import errors
from serinus.domain.identity import accounts, api_keys, people, sessions
from serinus.presentation.http.v2 import content_problems, cursors, refusals, release_problems
from serinus.presentation.http.v2.explanation import Explanation

CATALOGUE: tuple[Explanation, ...] = (
    Explanation(
        refusals.Malformed,
        "Malformed request",
        "The request cannot be read as HTTP means it.",
        "Compare it with the documentation; a library should have built it.",
    ),
    Explanation(
        refusals.MalformedJson,
        "Malformed JSON",
        "The body is empty, is not JSON in UTF-8, or holds a character that cannot be stored.",
        "Send one JSON value; leave U+0000 out of strings.",
    ),
    Explanation(
        refusals.NotAnObject,
        "Not a JSON object",
        "The body is JSON, but a list, a string or a number.",
        "Send an object: `{...}`.",
    ),
    Explanation(
        refusals.InvalidParameter,
        "Invalid parameter",
        "A parameter of the path or the query has a value that it cannot have.",
        "`errors` names the parameter. Values are refused, never adjusted in silence.",
    ),
    Explanation(
        refusals.UnknownParameter,
        "Unknown parameter",
        "The query has a parameter that this operation does not know.",
        "Look for a misspelling; the detail names the nearest valid one.",
    ),
    Explanation(
        refusals.UnsupportedCombination,
        "Unsupported combination",
        "Each of these filters and sorts is offered, but not all of them together: it would"
        " take the longer, the more there is.",
        "The detail says what can be combined; the documentation of the list has all of it.",
    ),
    Explanation(
        refusals.MalformedHeader,
        "Malformed header",
        "A header does not have the form that its specification gives it.",
        "`errors` names the header.",
    ),
    Explanation(
        cursors.CursorInvalid,
        "Invalid cursor",
        "`after` or `before` is no cursor of ours, or was made with a key that is gone.",
        "Take cursors from `page` as they are; begin again at the first page.",
    ),
    Explanation(
        cursors.CursorMismatch,
        "Cursor of another list",
        "The cursor was made for other filters or another order than those of this request.",
        "Keep filters and `sort` while you go through pages, or begin at the first page.",
    ),
    Explanation(
        errors.Invalid,
        "Validation failed",
        "The body is well-formed, but some of its members are not acceptable.",
        "`errors` lists all of them, each with a JSON pointer and a stable code of its own.",
    ),
    Explanation(
        refusals.UnsupportedMediaType,
        "Unsupported media type",
        "The body is not declared as JSON.",
        "Send `Content-Type: application/json`; a PATCH may be `application/merge-patch+json`.",
    ),
    Explanation(
        refusals.BodyTooLarge,
        "Body too large",
        "The body is larger than this service reads.",
        "Send less at once.",
    ),
    Explanation(
        sessions.MissingCredentials,
        "Not signed in",
        "This operation needs to know who you are.",
        "Sign in, and send `Authorization: Bearer <access token>`.",
    ),
    Explanation(
        sessions.InvalidToken,
        "Invalid token",
        "The token is malformed or expired, or its session has ended.",
        "Refresh it. When that fails too, sign in again.",
    ),
    Explanation(
        sessions.TokenReused,
        "Refresh token reused",
        "A refresh token was sent a second time: somebody else may have it. The session ended.",
        "Sign in again. Store the newest refresh token before you use its access token.",
    ),
    Explanation(
        sessions.InvalidCredentials,
        "Invalid credentials",
        "The e-mail address or the password is wrong, or the account is not active.",
        "Try again. For safety the answer never says which it is.",
    ),
    Explanation(
        errors.Forbidden,
        "Insufficient permissions",
        "You are known, but your role does not allow this.",
        "Ask an administrator for another role.",
    ),
    Explanation(
        refusals.PathNotFound,
        "Path not found",
        "No operation has this path. A trailing slash makes another path.",
        "See the documentation for the paths there are.",
    ),
    Explanation(
        accounts.AccountNotFound,
        "User not found",
        "There is no such user.",
        "Check the id.",
    ),
    Explanation(
        sessions.SessionNotFound,
        "Session not found",
        "You have no such session, or it is over already.",
        "Look for it in the list of your sessions.",
    ),
    Explanation(
        api_keys.ApiKeyNotFound,
        "API key not found",
        "You have no such API key, or it was revoked already.",
        "Look for it in the list of your keys.",
    ),
    Explanation(
        refusals.MethodNotAllowed,
        "Method not allowed",
        "The path exists, but not with this method.",
        "`Allow` lists the methods it has.",
    ),
    Explanation(
        accounts.UsernameTaken,
        "User name taken",
        "Somebody else has this user name, or one that reads the same.",
        "Choose another one.",
    ),
    Explanation(
        accounts.EmailTaken,
        "E-mail address taken",
        "An account with this e-mail address exists.",
        "Sign in with it, or use another one.",
    ),
    Explanation(
        people.LastSuperAdmin,
        "Last super administrator",
        "Without this account there would be no active super administrator.",
        "Give somebody else that role first.",
    ),
    Explanation(
        api_keys.TooManyApiKeys,
        "Too many API keys",
        "An account has at most 100 API keys, without those that were revoked.",
        "Revoke one that is not used any more.",
    ),
    Explanation(
        errors.Stale,
        "Stale version",
        "It was changed since you read it; `ETag` has the version that is stored now.",
        "Read it again, merge your change into it, and send the new ETag in `If-Match`.",
    ),
    Explanation(
        refusals.PreconditionRequired,
        "Precondition required",
        "A change needs to say which version it is a change of.",
        "Send the ETag you last saw in `If-Match`.",
    ),
    Explanation(
        refusals.IdempotencyKeyReused,
        "Idempotency key reused",
        "The `Idempotency-Key` was used in the last 24 hours, for another request.",
        "Make a new key for every new request; keep it only for sending the same one again.",
    ),
    Explanation(
        refusals.IdempotencyInProgress,
        "First request in progress",
        "A request with this `Idempotency-Key` is being answered right now.",
        "Wait for `Retry-After` seconds, and send it again with the same key.",
    ),
    Explanation(
        errors.TooMany,
        "Too many requests",
        "A rate limit was reached.",
        "Wait for `Retry-After` seconds.",
    ),
    Explanation(
        errors.Unavailable,
        "Temporarily unavailable",
        "Something that this service depends on does not answer.",
        "Wait for `Retry-After` seconds. With an `Idempotency-Key` it is safe to send again.",
    ),
    Explanation(
        refusals.InternalError,
        "Internal error",
        "Something went wrong on our side. It has been recorded under the request id.",
        "Try again later; when it stays, tell us the request id.",
    ),
    *content_problems.CATALOGUE,
    *release_problems.CATALOGUE,
)

BY_CODE = {explanation.code: explanation for explanation in CATALOGUE}
