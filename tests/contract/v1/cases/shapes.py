"""The shapes of contract v1, written out: every member, in the contract's order."""

from typing import Any

from tests.contract.table.case import ID, NOW, TOKEN, Kept, Made, Number, Spoken, the
from tests.contract.table.case import REFRESH_TOKEN as REFRESH

NOON = "2030-01-01T12:00:00.000000Z"
BORN = "2026-01-01T00:00:00.000000Z"
ROLE_NAMES = {
    "super_admin": "SuperAdmin",
    "admin": "Admin",
    "editor": "Editor",
    "author": "Author",
    "contributor": "Contributor",
    "subscriber": "Subscriber",
}
Text = str | Spoken | Made | None


def env(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data, "message": None, "error": None}


def message(text: str) -> dict[str, Any]:
    return env({"message": text})


def refused(error: str, data: Any = None) -> dict[str, Any]:
    return {"success": False, "data": data, "message": None, "error": error}


def invalid(*problems: tuple[str, str]) -> dict[str, Any]:
    listed = [{"field": member, "message": text} for member, text in problems]
    return {**refused("Invalid input"), "validation_errors": listed}


def page(
    *items: Any, total: int | None = None, page: int = 1, limit: int = 20, pages: int = 1
) -> dict[str, Any]:
    return env(
        {
            "items": list(items),
            "total": len(items) if total is None else total,
            "page": page,
            "limit": limit,
            "total_pages": pages,
        }
    )


def planted_post(name: str, **members: Any) -> dict[str, Any]:
    """A post of the state, as it is shown: published by the author at noon, and no more."""
    return {
        "id": the(name),
        "title": "Planted",
        "content": "Planted.",
        "excerpt": None,
        "status": "published",
        "author_id": the("author"),
        "tags": [],
        "metadata": metadata(),
        "created_at": NOON,
        "updated_at": NOON,
        "published_at": NOON,
    } | members


def written_post(by: str, **members: Any) -> dict[str, Any]:
    """A post just written: a draft, and no more."""
    return {
        "id": Kept("written", ID),
        "title": "Canaries sing",
        "content": "They do.",
        "excerpt": None,
        "status": "draft",
        "author_id": the(by),
        "tags": [],
        "metadata": metadata(),
        "created_at": Kept("written_at", NOW),
        "updated_at": the("written_at"),
        "published_at": None,
    } | members


def metadata(
    title: str | None = None, description: str | None = None, *categories: str
) -> dict[str, Any]:
    return {
        "meta_title": title,
        "meta_description": description,
        "categories": list(categories),
    }


def tag_dto(name: str, slug: str, usage_count: int = 0, **members: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "name": name,
        "slug": slug,
        "usage_count": usage_count,
        "created_at": NOON,
    } | members


def user(name: str, holding: str | None = None, /, **members: Any) -> dict[str, Any]:
    """A person of the state as they see themselves, or as administrators see them."""
    return {
        "id": the(name),
        "username": name,
        "email": the(f"{name}.email"),
        "first_name": None,
        "last_name": None,
        "role": ROLE_NAMES[holding or name],
        "is_active": True,
        "email_verified": False,
        "last_login": None,
        "created_at": BORN,
        "updated_at": BORN,
    } | members


def to_others(name: str, **members: Any) -> dict[str, Any]:
    """A person of the state as everybody else sees them."""
    hidden = {"email": None, "last_login": None, "role": None}
    return user(name, "subscriber") | hidden | members


def new_user(username: str, email: Text, **members: Any) -> dict[str, Any]:
    """Somebody who has just registered."""
    return {
        "id": Kept("new", ID),
        "username": username,
        "email": email,
        "first_name": None,
        "last_name": None,
        "role": "Subscriber",
        "is_active": True,
        "email_verified": False,
        "last_login": NOW,
        "created_at": Kept("registered_at", NOW),
        "updated_at": the("registered_at"),
    } | members


def auth_success(user: dict[str, Any], *, keep: str = "") -> dict[str, Any]:
    """Tokens and the account. They are kept as `<keep>access`, `<keep>refresh`, `session`."""
    return env(
        {
            "tokens": {
                "access_token": Kept(f"{keep}access", TOKEN),
                "refresh_token": Kept(f"{keep}refresh", REFRESH),
                "expires_in": 900,
                "session_id": Kept(f"{keep}session", ID),
            },
            "user": user,
        }
    )


def health(**members: Any) -> dict[str, Any]:
    return {
        "status": "healthy",
        "timestamp": NOW,
        "services": services(),
        "system": {"version": the("version"), "uptime_seconds": Number(0, 3600)},
    } | members


def services(database: str = "up", cache: str = "disabled") -> dict[str, str]:
    return {"database": database, "cache": cache, "search": database, "auth": database}


NO_HEADER = refused("Missing or malformed authorization header.")
BAD_TOKEN = refused("Invalid or expired token.")
BAD_LOGIN = refused("Invalid credentials")
FORBIDDEN = refused("Insufficient permissions")
NO_POST = refused("Post not found")
NO_USER = refused("User not found")
NO_KEY = refused("API key not found")
NO_ENDPOINT = refused("Endpoint not found")
NO_METHOD = refused("Method not allowed")
NOT_JSON = refused("Expected application/json")
MALFORMED = refused("Malformed JSON")
NO_OBJECT = refused("Expected a JSON object")
BAD_ID = refused("Invalid id")
TOO_LARGE = refused("Request body too large")
TOO_MANY = refused("Rate limit exceeded. Please try again later.")
USERNAME_TAKEN = refused("Username already taken")
EMAIL_TAKEN = refused("Email already registered")
SLUG_TAKEN = refused("Slug already in use")
FAILED = refused("An internal server error occurred")
UNAVAILABLE = refused("Service temporarily unavailable")


def bad_type(member: str) -> dict[str, Any]:
    return refused(f"Invalid type for field: {member}")


def bad_query(name: str) -> dict[str, Any]:
    return refused(f"Invalid query parameter: {name}")
