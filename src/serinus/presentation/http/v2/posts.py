"""/api/v2/posts: what authors write and everybody reads."""

from litestar import Router

from serinus.presentation.http.v2.batches import batch_posts
from serinus.presentation.http.v2.post_reading import list_posts, show_post, show_post_by_slug
from serinus.presentation.http.v2.post_shapes import BASE
from serinus.presentation.http.v2.post_writing import (
    archive_post,
    change_post,
    create_post,
    delete_post,
    publish_post,
    restore_post,
    schedule_post,
    unpublish_post,
)
from serinus.presentation.http.v2.revisions import (
    list_revisions,
    restore_revision,
    show_revision,
)

router = Router(
    BASE,
    route_handlers=[
        list_posts,
        create_post,
        batch_posts,
        show_post,
        show_post_by_slug,
        change_post,
        delete_post,
        publish_post,
        unpublish_post,
        schedule_post,
        archive_post,
        restore_post,
        list_revisions,
        show_revision,
        restore_revision,
    ],
    tags=["posts"],
)
