"""Going back to what a post was."""

from dataclasses import dataclass
from typing import Protocol

from serinus.application.content.editing import Changes, Editing
from serinus.domain.content.listing import Listing, Page
from serinus.domain.content.post import Post, PostId, check_may_edit
from serinus.domain.content.revision import Revision, RevisionNotFound, WholeRevision
from serinus.domain.identity.caller import Caller


class RevisionReader(Protocol):
    """Revisions of posts that are not deleted, each beside the post as it is now.

    The post comes without its text and terms: it is there to decide who may read on.
    """

    async def page(self, post_id: PostId, listing: Listing) -> tuple[Post, Page[Revision]]:
        """See `domain.content.revision`. Raise `PostNotFound`."""
        ...

    async def several(
        self, post_id: PostId, *numbers: int
    ) -> tuple[Post, dict[int, WholeRevision]]:
        """Those of these that there are, by their numbers. Raise `PostNotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class Revising:
    editing: Editing
    revisions: RevisionReader

    async def restore(
        self, caller: Caller, post_id: PostId, number: int, *, version: int | None = None
    ) -> Post:
        """Make a new version with the text, tags and categories of an old one.

        Slug and state stay. Raise `PostNotFound`, `Forbidden`, `RevisionNotFound`, `Stale`.
        """
        caller.need("posts:write")
        post, found = await self.revisions.several(post_id, number)
        check_may_edit(caller, post)
        if number not in found:
            raise RevisionNotFound(f"no revision {number} of post {post_id}")
        old = found[number]
        changes = Changes(
            edit=lambda _: old.post.text,
            tags=old.terms.tags,
            categories=old.terms.categories,
        )
        return await self.editing.change(caller, post_id, changes, version=version)
