"""Filters of posts by tag or category."""

from dataclasses import dataclass

from serinus.domain.content.listing import Condition
from serinus.domain.content.taxonomy import tag_key
from serinus.infrastructure.postgres.keyset import Arguments


@dataclass(frozen=True, slots=True)
class Terms:
    """How the terms are named, and where their posts are."""

    named: str  # SQL for an array of ids
    table: str
    column: str

    @property
    def condition(self) -> str:
        """Asked of one post `p` after the other: OFFSET keeps the planner from a join."""
        return f"""EXISTS (SELECT FROM {self.table} x
            WHERE x.post_id = p.id AND x.{self.column} = ANY ({self.named}) OFFSET 0)"""


def terms_of(condition: Condition, arguments: Arguments) -> Terms:
    """Of a condition on `tag` or `category`."""
    values = [str(value) for value in condition.values]
    slugs = arguments.add(values, "text[]")
    if condition.field == "category":
        named = f"ARRAY(SELECT id FROM categories WHERE slug = ANY ({slugs}))"  # noqa: S608
        return Terms(named, "post_categories", "category_id")
    keys = arguments.add([tag_key(value) for value in values], "text[]")
    named = f"""ARRAY(SELECT id FROM tags WHERE slug = ANY ({slugs})
                       UNION SELECT id FROM tags WHERE name_key = ANY ({keys}))"""  # noqa: S608
    return Terms(named, "post_tags", "tag_id")
