"""Content and comments as HTML that is safe to show, whoever wrote it."""

import asyncio
import re

import nh3
from markdown_it import MarkdownIt

from serinus.domain.content.post import ContentFormat, Post

# Beyond it, in characters, rendering takes longer than a request may hold up the others.
AT_ONCE = 20_000

# What CommonMark and tables give, and what authors write by hand. No scripts, styles, forms,
# frames or event handlers: nh3's defaults, and what Markdown says of code and tables.
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "code": {"class"},
    "td": nh3.ALLOWED_ATTRIBUTES["td"] | {"style"},
    "th": nh3.ALLOWED_ATTRIBUTES["th"] | {"style"},
}
LANGUAGE = re.compile(r"language-[\w.+#-]+")
# What readers may say it with. Tags that they type are text like any other.
OF_COMMENTS = {"a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "strong", "ul"}
STYLES = {"text-align"}  # how Markdown aligns the columns of a table


class HtmlRendering:
    """Markdown may hold HTML, as CommonMark allows; all of it is cleaned alike."""

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._cleaner = nh3.Cleaner(
            attributes=ATTRIBUTES,
            attribute_filter=_language_classes_only,
            filter_style_properties=STYLES,
            link_rel="noopener noreferrer",
        )

    async def __call__(self, post: Post) -> str:
        if len(post.text.content) <= AT_ONCE:
            return self.render(post)
        return await asyncio.to_thread(self.render, post)

    def render(self, post: Post) -> str:
        content = post.text.content
        if post.text.content_format is ContentFormat.MARKDOWN:
            content = self._markdown.render(content)
        return self._cleaner.clean(content)


class CommentRendering:
    """Markdown without HTML, headings and pictures. Search engines follow none of its links."""

    def __init__(self) -> None:
        options = {"html": False, "breaks": True}
        unwanted = ["image", "heading", "lheading"]
        self._markdown = MarkdownIt("commonmark", options).disable(unwanted)
        self._cleaner = nh3.Cleaner(
            tags=OF_COMMENTS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="nofollow ugc noopener noreferrer",
        )

    def __call__(self, content: str) -> str:
        return self._cleaner.clean(self._markdown.render(content))


def _language_classes_only(_tag: str, attribute: str, value: str) -> str | None:
    return value if attribute != "class" or LANGUAGE.fullmatch(value) else None
