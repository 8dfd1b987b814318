"""Text that somebody else wrote, on the operator's terminal."""

from rich.text import Text


def plain(text: str) -> Text:
    """As it is written: neither markup of ours nor anything that a terminal would obey."""
    return Text("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))
