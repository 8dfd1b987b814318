"""What contract v1 calls the scopes that a key is given."""

from collections.abc import Iterable

#: Scopes by permission. The first one stands for the permission when a key is shown.
SCOPES: dict[str, tuple[str, ...]] = {
    "posts:read": ("posts:read",),
    "posts:write": ("posts:write", "posts:publish"),
    "users:read": ("users:read",),
    "users:write": ("users:admin",),
    "search:reindex": ("search:admin",),
}
PERMISSIONS = tuple(SCOPES)

_PERMISSION_BY_SCOPE = {scopes[0]: permission for permission, scopes in SCOPES.items()}
# Not the word itself: some that are no permission here are scopes all the same.
_UNKNOWN = ("",)


def scopes_of(permissions: Iterable[str]) -> tuple[str, ...]:
    """In the order given. An unknown permission becomes a scope that is refused."""
    return tuple(
        scope for permission in permissions for scope in SCOPES.get(permission, _UNKNOWN)
    )


def permissions_of(scopes: Iterable[str]) -> list[str]:
    """As far as this contract has words for them, in their order, each once."""
    known = (_PERMISSION_BY_SCOPE.get(scope) for scope in scopes)
    return list(dict.fromkeys(filter(None, known)))
