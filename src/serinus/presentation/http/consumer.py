"""Who calls, as far as the canary needs to know: a key to hash, found without a look-up.

The order is API key id, user id, `X-Client-ID`, address. Nothing here is verified: a caller
who forges a token chooses a bucket, as they could with `X-Client-ID`, and gets a 401 from
either engine. Verifying would cost more than the whole switch may take.
"""

import re
from base64 import urlsafe_b64decode

import msgspec

from serinus.presentation.http.asgi import Scope

MAX_KEY = 200

_API_KEY = re.compile(rb"srn_([0-9A-Za-z]{8,64})_")


class _Claims(msgspec.Struct):
    sub: str = ""


_claims = msgspec.json.Decoder(_Claims)


def consumer_key(scope: Scope, address: str) -> str:
    """What `domain.release.assignment.bucket` hashes for this request."""
    authorization = api_key = client_id = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"x-api-key":
            api_key = value
        elif name == b"x-client-id":
            client_id = value
    if api_key and (match := _API_KEY.match(api_key)):
        return match[1].decode()
    if authorization and (subject := _subject(authorization)):
        return subject
    if 0 < len(client_id) <= MAX_KEY:
        return client_id.decode("utf-8", "surrogateescape")
    return address


def _subject(authorization: bytes) -> str:
    """The `sub` claim of a bearer token (RFC 7519), or nothing."""
    scheme, _, token = authorization.partition(b" ")
    parts = token.split(b".")
    if scheme.lower() != b"bearer" or len(parts) != 3 or len(parts[1]) > 4096:
        return ""
    try:
        claims = _claims.decode(urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
    except (ValueError, msgspec.DecodeError):
        return ""
    return claims.sub[:MAX_KEY]
