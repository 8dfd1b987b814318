"""Who steers: what they may do, and what the record calls them."""

from serinus.application.identity.authentication import Authenticated
from serinus.domain.identity.caller import Scope


def steers(known: Authenticated) -> str:
    """The actor of the record. Raise `Forbidden`."""
    known.caller.need(Scope.RELEASE_STEER)
    return _actor(known)


def overrides(known: Authenticated) -> str:
    """The actor of the record. Raise `Forbidden`."""
    known.caller.need(Scope.RELEASE_OVERRIDE)
    return _actor(known)


def _actor(known: Authenticated) -> str:
    """An id: a record that nobody can change must not hold an address of somebody's."""
    return f"key:{known.key_id}" if known.key_id else f"user:{known.caller.id}"
