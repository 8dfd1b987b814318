"""Bodies of changing accounts."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from serinus.legacy.account_forms import Email, FirstName, LastName, Username
from serinus.legacy.models import Role
from serinus.legacy.rules import RequestBody, broken, null_is_empty

# `super_admin`, as filters have it, and `SuperAdmin`, as bodies have it; both in any case.
SPELLINGS = {
    spelling: role for role in Role for spelling in (role.value, role.value.replace("_", ""))
}
NO_ROLE = "Role must be one of SuperAdmin, Admin, Editor, Author, Contributor, Subscriber"


def role_named(name: str) -> Role | None:
    return SPELLINGS.get(name.lower())


def _as_role(value: object) -> object:
    if not isinstance(value, str):
        return value  # a wrong type, which Pydantic will say
    if role := role_named(value):
        return role
    raise broken(NO_ROLE)


AnyRole = Annotated[Role, BeforeValidator(_as_role)]


class UpdateUser(RequestBody):
    """Absent or null: unchanged. Empty text clears first and last names."""

    username: Username | None = None
    email: Email | None = None
    first_name: FirstName | None = None
    last_name: LastName | None = None
    role: AnyRole | None = None
    is_active: bool | None = None


class ChangeRole(RequestBody):
    role: Annotated[AnyRole, null_is_empty, Field(default="")]
