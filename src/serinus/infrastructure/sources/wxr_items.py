"""Posts, pages and comments of WordPress."""

import html
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from serinus.domain.content.import_titles import plain, plain_title
from serinus.domain.content.imported import (
    CommentState,
    ImportedCategory,
    ImportedComment,
    ImportedPost,
    Note,
)
from serinus.domain.content.post import ContentFormat, PostType, Status
from serinus.infrastructure.sources.front_matter import moment
from serinus.infrastructure.sources.wxr_names import child_text, children, encoded, slug_in

STATUSES = {
    "publish": Status.PUBLISHED,
    "future": Status.SCHEDULED,
    "draft": Status.DRAFT,
    "pending": Status.DRAFT,
    "private": Status.DRAFT,
}
COMMENT_STATES = {
    "1": CommentState.APPROVED,
    "approve": CommentState.APPROVED,
    "0": CommentState.PENDING,
    "hold": CommentState.PENDING,
    "spam": CommentState.SPAM,
    # Thrown away, yet others may have answered: rejected keeps the thread whole.
    "trash": CommentState.REJECTED,
    "post-trashed": CommentState.REJECTED,
}


@dataclass
class Site:
    """What one export says about the site as a whole."""

    address: str = ""
    locale: str = ""  # empty: to be guessed
    authors: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)  # by e-mail address
    categories: list[ImportedCategory] = field(default_factory=list)
    attachments: dict[str, str] = field(default_factory=dict)


def post_from(item: Element, address: str, site: Site) -> ImportedPost:
    notes: list[Note] = []
    return ImportedPost(
        address=address,
        type=PostType(child_text(item, "post_type") or "post"),
        title=plain_title(child_text(item, "title")),
        slug=slug_in(child_text(item, "post_name")),
        content=encoded(item, "content"),
        content_format=ContentFormat.HTML,
        excerpt=plain(encoded(item, "excerpt")) or None,
        status=_status(item, notes),
        locale=site.locale,
        date=_moment(item, "post_date"),
        updated=_moment(item, "post_modified"),
        author=_author(item, site, notes),
        tags=tuple(_terms(item, "post_tag")),
        categories=tuple(
            ImportedCategory(name=plain(category.text or ""), slug=_nicename(category))
            for category in _in_domain(item, "category")
        ),
        former_addresses=tuple(_former_addresses(item)),
        featured_image=site.attachments.get(_meta(item, "_thumbnail_id")),
        comments=tuple(
            _comment(c, n, address, site) for n, c in enumerate(children(item, "comment"))
        ),
        notes=tuple(notes),
    )


def _status(item: Element, notes: list[Note]) -> Status:
    given = child_text(item, "status") or "publish"
    if child_text(item, "post_password") and given in {"publish", "future"}:
        notes.append(Note("password protected: became a draft"))
        return Status.DRAFT
    if given == "private":
        notes.append(Note("private: became a draft"))
    if given not in STATUSES:
        notes.append(Note("unknown status: became a draft", given[:50]))
    if child_text(item, "post_parent") not in {"", "0"}:
        notes.append(Note("page below another: only its old address shows it now"))
    return STATUSES.get(given, Status.DRAFT)


def _author(item: Element, site: Site, notes: list[Note]) -> str:
    creator = child_text(item, "creator")
    login = creator.strip("<> ")  # WordPress allows neither in a login
    if login and login not in site.authors:
        notes.append(Note("author not listed in the export", creator[:100]))
    return login


def _moment(item: Element, name: str) -> datetime | None:
    """The time in UTC, or else that of the site's clock; WordPress writes "none" as zeros."""
    for member in (f"{name}_gmt", name):
        text = child_text(item, member)
        if text and not text.startswith("0000"):
            return moment(text)
    return None


def _in_domain(item: Element, domain: str) -> list[Element]:
    return [c for c in children(item, "category") if c.get("domain") == domain]


def _terms(item: Element, domain: str) -> list[str]:
    return [plain(term.text or "") for term in _in_domain(item, domain)]


def _nicename(term: Element) -> str:
    return slug_in(term.get("nicename") or "")


def _meta(item: Element, key: str) -> str:
    return next(iter(_metas(item, key)), "")


def _metas(item: Element, key: str) -> list[str]:
    return [
        child_text(meta, "meta_value")
        for meta in children(item, "postmeta")
        if child_text(meta, "meta_key") == key
    ]


def _former_addresses(item: Element) -> list[str]:
    """The path of its link, decoded as a router decodes it, and slugs it had before."""
    parts = urlsplit(child_text(item, "link"))
    linked = [] if parts.query else [unquote(parts.path).strip("/")]
    return [a for a in (*linked, *map(slug_in, _metas(item, "_wp_old_slug"))) if a]


def _comment(comment: Element, position: int, post: str, site: Site) -> ImportedComment:
    number = child_text(comment, "comment_id")
    parent = child_text(comment, "comment_parent")
    email = child_text(comment, "comment_author_email")
    signed_in = child_text(comment, "comment_user_id") not in {"", "0"}
    approved = child_text(comment, "comment_approved")
    return ImportedComment(
        address=f"comment/{number}" if number else f"{post}#{position}",
        parent=f"comment/{parent}" if parent not in {"", "0"} else None,
        author=site.logins.get(email.lower()) if signed_in and email else None,
        author_name=html.unescape(child_text(comment, "comment_author")),
        author_email=email or None,
        author_url=child_text(comment, "comment_author_url") or None,
        content=child_text(comment, "comment_content"),
        state=COMMENT_STATES.get(approved, CommentState.PENDING),
        created_at=_moment(comment, "comment_date"),
    )
