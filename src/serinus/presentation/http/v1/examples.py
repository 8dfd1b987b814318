"""A body for every operation that takes one, as a client would send it; by its shape."""

from typing import Any, Final

import msgspec

from serinus.presentation.http.v1 import shapes

EXAMPLES: Final[dict[type[msgspec.Struct], dict[str, Any]]] = {
    shapes.Register: {
        "username": "Ada",
        "email": "ada@example.org",
        "password": "yellow feathers",
        "first_name": "Ada",
    },
    shapes.Login: {
        "email": "ada@example.org",
        "password": "yellow feathers",
        "remember_me": True,
    },
    shapes.Refresh: {"refresh_token": "a8iUgcGc9kSM5fRrhYdGDCYV8YcoBzRZp1dX9yFLwV4"},
    shapes.CreatePost: {
        "title": "金糸雀の歌",
        "content": "# Every morning\n\nThey sing before it is light.",
        "excerpt": "They sing before it is light.",
        "tags": ["birds", "C++"],
        "category": "Field notes",
        "published": True,
        "meta_title": "Why canaries sing",
    },
    shapes.UpdatePost: {"excerpt": "", "tags": ["birds"], "slug": "morning-song"},
    shapes.CreateApiKey: {"name": "Site build", "permissions": ["posts:read"]},
    shapes.UpdateUser: {"first_name": "Ada", "last_name": "", "email": "ada@example.com"},
    shapes.ChangeRole: {"role": "Editor"},
    shapes.CreateAdminPost: {
        "title": "Opening hours",
        "content": "Every day.",
        "published": False,
    },
}
