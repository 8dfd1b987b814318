"""What editors do with the tree of categories. Writing a post makes categories as well."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from serinus.application.content.ports import Clock, NewId, Slugs
from serinus.application.content.tagging import SCOPE, slug_violations
from serinus.domain.content.categories import Branch, category_violations
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import CategoryId, clean_name
from serinus.domain.errors import Stale, Violation, refuse
from serinus.domain.identity.caller import Caller

FALLBACK_SLUG = "category"  # for a name without a letter or digit


class Categories(Protocol):
    """Where categories are kept. Their place in the tree follows from `parent_id`."""

    async def get(self, category_id: CategoryId) -> Branch:
        """Raise `CategoryNotFound`."""
        ...

    async def add(self, branch: Branch, slugs: Slugs) -> Branch:
        """Raise `CategoryTaken`, and `Invalid` for a parent that cannot be."""
        ...

    async def save(self, branch: Branch) -> Branch:
        """Replace the category of the same version; what is below it comes along.

        Raise `Stale`, `CategoryNotFound`, `CategoryTaken`, `CategoryCycle`, and `Invalid` for
        a parent that cannot be.
        """
        ...

    async def delete(self, category_id: CategoryId, version: int) -> None:
        """Take it off its posts, too.

        Raise `Stale`, `CategoryNotFound`, `CategoryHasChildren`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What editors say of a category. Without a slug, the name gives one."""

    name: str
    slug: str | None = None
    description: str | None = None
    parent: CategoryId | None = None


@dataclass(frozen=True, slots=True)
class Categorising:
    categories: Categories
    now: Clock
    new_id: NewId

    async def create(self, caller: Caller, naming: Naming) -> Branch:
        """Raise `Forbidden`, `Invalid`, `CategoryTaken`."""
        caller.need(SCOPE)
        refuse(naming_violations(naming.name, naming.slug, naming.description))
        at = self.now()
        branch = Branch(
            id=CategoryId(self.new_id()),
            parent_id=naming.parent,
            slug="",
            name=clean_name(naming.name),
            description=naming.description or None,
            created_at=at,
            updated_at=at,
        )
        first = slugify(naming.slug or naming.name) or FALLBACK_SLUG
        return await self.categories.add(branch, Slugs(first, exact=naming.slug is not None))

    async def change(
        self,
        caller: Caller,
        category_id: CategoryId,
        edit: Callable[[Naming], Naming],
        *,
        version: int | None = None,
    ) -> Branch:
        """`edit` gets no slug: without one the slug stays, whatever the name is.

        Raise like `create`, and `CategoryNotFound`, `Stale`, `CategoryCycle`.
        """
        branch = await self._seen(caller, category_id, version)
        naming = edit(
            Naming(name=branch.name, description=branch.description, parent=branch.parent_id)
        )
        refuse(naming_violations(naming.name, naming.slug, naming.description))
        return await self.categories.save(
            replace(
                branch,
                parent_id=naming.parent,
                slug=branch.slug if naming.slug is None else slugify(naming.slug),
                name=clean_name(naming.name),
                description=naming.description or None,
                updated_at=self.now(),
            )
        )

    async def delete(
        self, caller: Caller, category_id: CategoryId, *, version: int | None = None
    ) -> None:
        """Raise `Forbidden`, `CategoryNotFound`, `Stale`, `CategoryHasChildren`."""
        branch = await self._seen(caller, category_id, version)
        await self.categories.delete(branch.id, branch.version)

    async def _seen(
        self, caller: Caller, category_id: CategoryId, version: int | None
    ) -> Branch:
        caller.need(SCOPE)
        branch = await self.categories.get(category_id)
        if version is not None and version != branch.version:
            raise Stale(branch.version)
        return branch


def naming_violations(name: str, slug: str | None, description: str | None) -> list[Violation]:
    """Everything wrong with how a category is to be called."""
    return category_violations(name, description) + slug_violations(slug)
