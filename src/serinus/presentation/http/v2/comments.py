"""/api/v2/posts/{id}/comments and /api/v2/comments: what readers say."""

from litestar import Router

from serinus.presentation.http.v2.comment_reading import (
    list_all_comments,
    list_comments,
    show_comment,
)
from serinus.presentation.http.v2.comment_writing import (
    approve_comment,
    change_comment,
    create_comment,
    delete_comment,
    mark_comment_as_spam,
    reject_comment,
)

router = Router(
    "/api/v2",
    route_handlers=[
        list_comments,
        create_comment,
        list_all_comments,
        show_comment,
        change_comment,
        delete_comment,
        approve_comment,
        reject_comment,
        mark_comment_as_spam,
    ],
    tags=["comments"],
)
