"""Tags and categories found or made by name, as parts of a statement that writes a post.

A row that a concurrent transaction inserted is not visible to a statement that began before;
such a statement writes nothing and is run again, on a fresh snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from serinus.application.content.ports import Term
from serinus.domain.content.slug import MAX_LENGTH, slugify
from serinus.domain.content.taxonomy import clean_name, tag_key

FALLBACK_TAG_SLUG = "tag"  # for "++"
FALLBACK_CATEGORY_SLUG = "category"


def free_slug(table: str, base: str, rank: str = "1") -> str:
    """SQL for the `rank`-th free of `base`, `base-2` ...; `domain.content.slug.candidates`.

    All three are SQL expressions of ours, never a caller's text.
    """
    following = f"rtrim(left({base}, {MAX_LENGTH} - length('-' || n + 1)), '-') || '-' || n + 1"
    return f"""(
        WITH RECURSIVE probe (n, slug, free) AS (
            SELECT 1, {base}, (NOT EXISTS (SELECT FROM {table} s WHERE s.slug = {base}))::int
             UNION ALL
            SELECT n + 1, f.slug,
                   free + (NOT EXISTS (SELECT FROM {table} s WHERE s.slug = f.slug))::int
              FROM probe, LATERAL (SELECT {following} AS slug) f
             WHERE free < {rank}
        )
        SELECT slug FROM probe WHERE free = {rank}
    )"""  # noqa: S608 - table, base and rank are constants of this package


# $1-$4 tags, $5-$7 categories, $8 the time; `ready` has a row when there is something to write.
# Inserts go in one order everywhere: two writers with the same new names wait for each other
# in a row, never in a circle.
FIND_OR_ADD_TERMS = f"""
wanted_tag AS (
    SELECT id, name, key, slug, position - 1 AS position
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
           WITH ORDINALITY AS w (id, name, key, slug, position)
), new_tag AS (
    INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
    SELECT w.id, w.name, w.key, {free_slug("tags", "w.slug", "w.rank")}, $8, $8
      FROM (SELECT *, row_number() OVER (PARTITION BY slug ORDER BY key) AS rank
              FROM wanted_tag
             WHERE NOT EXISTS (SELECT FROM tags WHERE name_key = key)) w
     WHERE EXISTS (SELECT FROM ready)
     ORDER BY w.slug, w.key
    ON CONFLICT DO NOTHING
    RETURNING id, slug, name, name_key
), tag AS (
    SELECT w.position, t.id, t.slug, t.name
      FROM wanted_tag w
      JOIN (SELECT id, slug, name, name_key FROM tags WHERE name_key = ANY ($3)
             UNION ALL TABLE new_tag) t ON t.name_key = w.key
), wanted_category AS (
    SELECT id, name, slug, position - 1 AS position
      FROM unnest($5::uuid[], $6::text[], $7::text[])
           WITH ORDINALITY AS w (id, name, slug, position)
), new_category AS (
    INSERT INTO categories (id, name, slug, created_at, updated_at)
    SELECT w.id, w.name, w.slug, $8, $8
      FROM wanted_category w
     WHERE EXISTS (SELECT FROM ready)
       AND (SELECT count(*) FROM new_tag) >= 0 -- after the tags
       AND NOT EXISTS (SELECT FROM categories c WHERE c.slug = w.slug)
     ORDER BY w.slug
    ON CONFLICT DO NOTHING
    RETURNING id, slug, name
), category AS (
    SELECT w.position, c.id, c.slug, c.name
      FROM wanted_category w
      JOIN (SELECT id, slug, name FROM categories WHERE slug = ANY ($7)
             UNION ALL TABLE new_category) c USING (slug)
), complete AS (
    SELECT FROM ready
     WHERE (SELECT count(*) FROM tag) = cardinality($3)
       AND (SELECT count(*) FROM category) = cardinality($7)
)"""  # noqa: S608 - put together from constants

ADDED_TAGS = "ARRAY(SELECT ROW (id, slug, name) FROM tag ORDER BY position)"
ADDED_CATEGORIES = "ARRAY(SELECT ROW (id, slug, name) FROM category ORDER BY position)"


@dataclass(frozen=True, slots=True)
class TermArguments:
    """The first seven arguments of a statement with `FIND_OR_ADD_TERMS`."""

    tags: tuple[list[UUID], list[str], list[str], list[str]]
    categories: tuple[list[UUID], list[str], list[str]]

    @classmethod
    def of(cls, tags: Sequence[Term], categories: Sequence[Term]) -> Self:
        by_key: dict[str, Term] = {}
        for tag in tags:
            by_key.setdefault(tag_key(tag.name), tag)
        by_slug: dict[str, Term] = {}
        for category in categories:
            slug = slugify(category.name) or FALLBACK_CATEGORY_SLUG
            by_slug.setdefault(slug, category)
        return cls(
            tags=(
                [tag.id for tag in by_key.values()],
                [clean_name(tag.name) for tag in by_key.values()],
                list(by_key),
                [slugify(tag.name) or FALLBACK_TAG_SLUG for tag in by_key.values()],
            ),
            categories=(
                [category.id for category in by_slug.values()],
                [clean_name(category.name) for category in by_slug.values()],
                list(by_slug),
            ),
        )

    def in_order(self) -> tuple[object, ...]:
        return (*self.tags, *self.categories)
