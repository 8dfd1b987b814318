"""Bringing what another system held within our limits.

Text is cut where a cut shows (an ellipsis) and said in a note; what cannot be cut without
being lost, the content itself, is refused.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from serinus.domain.content.import_titles import guess_locale, shortened, title_for
from serinus.domain.content.imported import (
    ImportedAuthor,
    ImportedCategory,
    ImportedPost,
    ImportedTag,
    ImportedTerm,
    Note,
)
from serinus.domain.content.post import (
    MAX_CONTENT_BYTES,
    MAX_EXCERPT,
    MAX_IMAGE_URL,
    MAX_META_DESCRIPTION,
    MAX_META_TITLE,
    MAX_TITLE,
    Status,
)
from serinus.domain.content.slug import slugify
from serinus.domain.content.taxonomy import (
    MAX_CATEGORY_LENGTH,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    clean_name,
    distinct_tags,
)

MAX_FORMER_ADDRESS = 255
MAX_CATEGORIES = 100
MAX_DESCRIPTION = 2000
FALLBACK_CATEGORY_SLUG = "category"  # for a name without a letter or digit
TITLE_MADE = "no title: one was made from the content or the address"

# Spaces stay as they are: a wide one belongs to a Japanese title.
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Unfit(Exception):
    """The item cannot be kept; the text says why."""


def clean(text: str) -> str:
    """Without what PostgreSQL cannot store: NUL characters and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def fit_post(post: ImportedPost, *, now: datetime) -> ImportedPost:
    """The post within every limit, with a note for whatever was changed. Raise `Unfit`."""
    notes: list[Note] = list(post.notes)
    post = _cleaned(post, notes)
    if len(post.content.encode()) > MAX_CONTENT_BYTES:
        raise Unfit(f"the content has more than {MAX_CONTENT_BYTES} bytes")
    post = _with_title(post, notes)
    post = replace(
        post,
        slug=slugify(post.slug) or slugify(post.title),
        excerpt=_cut("excerpt", post.excerpt, MAX_EXCERPT, notes),
        meta_title=_cut("meta title", post.meta_title, MAX_META_TITLE, notes),
        meta_description=_cut(
            "meta description", post.meta_description, MAX_META_DESCRIPTION, notes
        ),
        locale=_locale(post),
        tags=_tags(post.tags, notes),
        categories=_categories(post.categories, notes),
        featured_image=_image(post.featured_image, notes),
        former_addresses=_former_addresses(post.former_addresses, notes),
    )
    return replace(_settled(post, now, notes), notes=tuple(notes))


def fit_category(category: ImportedCategory) -> ImportedCategory:
    """Named and slugged, or `Unfit` when nothing of its name is left."""
    name = shortened(clean_name(clean(category.name)), MAX_CATEGORY_LENGTH)
    slug = slugify(category.slug) or slugify(name) or FALLBACK_CATEGORY_SLUG
    if not name:
        raise Unfit("a category without a name")
    description = clean(category.description or "").strip()
    return ImportedCategory(
        name=name,
        slug=slug,
        parent=slugify(category.parent),
        description=shortened(description, MAX_DESCRIPTION) or None,
    )


def fit_term(term: ImportedTerm) -> ImportedTerm:
    """Raise `Unfit` when nothing of its name is left."""
    if isinstance(term, ImportedAuthor):
        return term
    if isinstance(term, ImportedCategory):
        return fit_category(term)
    name = clean_name(clean(term.name))[:MAX_TAG_LENGTH].strip()
    if not name:
        raise Unfit("a tag without a name")
    return ImportedTag(name=name)


def _cleaned(post: ImportedPost, notes: list[Note]) -> ImportedPost:
    cleaned = replace(post, title=clean(post.title), content=clean(post.content))
    if cleaned != post:
        notes.append(Note("characters that cannot be stored were replaced"))
    return cleaned


def _with_title(post: ImportedPost, notes: list[Note]) -> ImportedPost:
    title = _LINE_BREAKS.sub(" ", post.title).strip()
    if not title:
        title = title_for(post.content, post.content_format, post.slug)
        notes.append(Note(TITLE_MADE, title))
    if len(title) > MAX_TITLE:
        notes.append(Note(f"title cut to {MAX_TITLE} characters", f"was {len(title)}"))
    return replace(post, title=shortened(title, MAX_TITLE))


def _cut(what: str, text: str | None, limit: int, notes: list[Note]) -> str | None:
    text = clean(text or "").strip()
    if len(text) > limit:
        notes.append(Note(f"{what} cut to {limit} characters", f"was {len(text)}"))
    return shortened(text, limit) or None


def _locale(post: ImportedPost) -> str:
    if is_locale(post.locale):
        return post.locale
    return guess_locale(f"{post.title}\n{post.content}")


def _tags(names: Iterable[str], notes: list[Note]) -> tuple[str, ...]:
    kept = []
    for name in distinct_tags(clean(name) for name in names):
        if len(name) > MAX_TAG_LENGTH:
            notes.append(Note(f"tag cut to {MAX_TAG_LENGTH} characters", name[:MAX_TAG_LENGTH]))
        kept.append(name[:MAX_TAG_LENGTH].strip())
    kept = [name for name in distinct_tags(kept) if name]
    if len(kept) > MAX_TAGS:
        notes.append(
            Note(f"more than {MAX_TAGS} tags: the first were kept", f"had {len(kept)}")
        )
    return tuple(kept[:MAX_TAGS])


def _categories(
    categories: Iterable[ImportedCategory], notes: list[Note]
) -> tuple[ImportedCategory, ...]:
    kept: dict[str, ImportedCategory] = {}
    for category in categories:
        try:
            fitted = fit_category(category)
        except Unfit as unfit:
            notes.append(Note(str(unfit), category.name))
        else:
            kept.setdefault(fitted.slug, fitted)
    if len(kept) > MAX_CATEGORIES:
        notes.append(Note(f"more than {MAX_CATEGORIES} categories: the first were kept"))
    return tuple(kept.values())[:MAX_CATEGORIES]


def is_locale(text: str) -> bool:
    return _LOCALE.fullmatch(text) is not None


def is_web_address(url: str, limit: int = MAX_IMAGE_URL) -> bool:
    if len(url) > limit or any(c.isspace() for c in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # an unclosed IPv6 bracket
        return False


def _image(url: str | None, notes: list[Note]) -> str | None:
    url = clean(url or "").strip()
    if url and not is_web_address(url):
        notes.append(Note("featured image left out: not an http(s) address", url[:200]))
        return None
    return url or None


def _former_addresses(addresses: Iterable[str], notes: list[Note]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for address in addresses:
        path = clean(address).strip().strip("/")
        if len(path) > MAX_FORMER_ADDRESS:
            notes.append(
                Note(f"old address left out: over {MAX_FORMER_ADDRESS} characters", path[:80])
            )
        elif path:
            kept[path] = None
    return tuple(kept)


def _settled(post: ImportedPost, now: datetime, notes: list[Note]) -> ImportedPost:
    """Published in the future is scheduled; scheduled for the past has gone out."""
    if post.status is Status.SCHEDULED and post.date is None:
        notes.append(Note("scheduled without a date: became a draft"))
        return replace(post, status=Status.DRAFT)
    if post.status is Status.SCHEDULED and post.date is not None and post.date <= now:
        notes.append(Note("scheduled for a time that has passed: published"))
        return replace(post, status=Status.PUBLISHED)
    if post.status is Status.PUBLISHED and post.date is not None and post.date > now:
        return replace(post, status=Status.SCHEDULED)
    if post.date is None and post.status is not Status.DRAFT:
        notes.append(Note("no date: the time of the import stands in"))
    return post
