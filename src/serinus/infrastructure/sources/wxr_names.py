"""Names and texts of WordPress exports, whatever the version of their namespace."""

from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element


def local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local_name(child) == name)


def child_text(element: Element, name: str) -> str:
    return next(((child.text or "").strip() for child in children(element, name)), "")


def encoded(item: Element, what: str) -> str:
    """`content:encoded` or `excerpt:encoded`, which differ in their namespaces alone."""
    for child in children(item, "encoded"):
        if f"/{what}/" in str(child.tag):
            return child.text or ""
    return ""


def slug_in(text: str) -> str:
    """WordPress percent-encodes whatever is not ASCII."""
    return unquote(text).strip()
