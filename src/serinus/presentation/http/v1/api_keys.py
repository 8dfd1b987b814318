"""/api/v1/api-keys: keys for one's own programs."""

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.types import Guard

from serinus.domain.identity.api_keys import ApiKeyId
from serinus.presentation.http.v1.envelope import Envelope, Message, ok
from serinus.presentation.http.v1.permissions import scopes_of
from serinus.presentation.http.v1.reading import body_of, id_of
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v1.shapes import ApiKeyCreated, ApiKeyInfo, CreateApiKey
from serinus.presentation.http.v1.signed_in import SignedInRequest


@get("/")
async def list_api_keys(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[list[ApiKeyInfo]]:
    """The caller's own keys, newest first, without those that were revoked."""
    return ok([ApiKeyInfo.of(key) for key in await services.key_ring.own(request.user.caller)])


@post(
    "/", opt={"takes": CreateApiKey, "needs": ["name", "permissions"], "failures": [404, 409]}
)
async def create_api_key(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[ApiKeyCreated]:
    """Make a key, shown this once. It may do what both it and its owner's role allow."""
    sent = await body_of(request, CreateApiKey)
    issued = await services.key_ring.create(
        request.user.caller,
        name=sent.name or "",
        scopes=scopes_of(sent.permissions or ()),
    )
    return ok(ApiKeyCreated(ApiKeyInfo.of(issued.key), issued.raw))


@delete("/{id:str}", status_code=200, opt={"failures": [404]})
async def revoke_api_key(
    request: SignedInRequest, services: NamedDependency[V1Services]
) -> Envelope[Message]:
    """Take a key back. It stops working at once."""
    await services.key_ring.revoke(request.user.caller, ApiKeyId(id_of(request)))
    return ok(Message("API key revoked"))


def router(with_session: Guard) -> Router:
    handlers = [list_api_keys, create_api_key, revoke_api_key]
    return Router("/api-keys", route_handlers=handlers, guards=[with_session])
