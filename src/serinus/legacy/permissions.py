"""What an API key may be allowed, and the scopes that are stored for it.

Scopes are the finer words of contract v2, whose keys are in the same table.
"""

from collections.abc import Iterable

SCOPES = {
    "posts:read": ("posts:read",),
    "posts:write": ("posts:write", "posts:publish"),
    "users:read": ("users:read",),
    "users:write": ("users:admin",),
    "search:reindex": ("search:admin",),
}
PERMISSION_OF = {scopes[0]: permission for permission, scopes in SCOPES.items()}

#: The one scope that is looked at in its own right: keys made by contract v2 may lack it.
PUBLISHING = "posts:publish"


def scopes_of(permissions: Iterable[str]) -> list[str]:
    """In the order given, each once."""
    scopes = (scope for permission in permissions for scope in SCOPES[permission])
    return list(dict.fromkeys(scopes))


def permissions_of(scopes: Iterable[str]) -> list[str]:
    """The permissions that the scopes amount to, in their order, each once."""
    known = (PERMISSION_OF[scope] for scope in scopes if scope in PERMISSION_OF)
    return list(dict.fromkeys(known))


def allowed_by(scopes: Iterable[str]) -> frozenset[str]:
    """What a key with these scopes may do."""
    held = frozenset(scopes)
    return frozenset(permissions_of(held)) | (held & {PUBLISHING})
