"""Importing: the reader of each kind, and where its items go."""

from pathlib import Path

from serinus.application.content.import_ports import ImportSource
from serinus.application.content.importing import Importing
from serinus.infrastructure.postgres.importing import PostgresImports
from serinus.infrastructure.sources.jsonl import JsonLinesSource
from serinus.infrastructure.sources.markdown import MarkdownSource
from serinus.infrastructure.sources.wxr import WordPressSource
from serinus.presentation.cli.importing import Kind
from serinus.wiring.clock import new_id, now


def importing(url: str) -> Importing:
    return Importing(PostgresImports(url), now, new_id)


def open_source(kind: Kind, path: Path, locale: str) -> ImportSource:
    """Raise `OSError`."""
    match kind:
        case Kind.MARKDOWN:
            return MarkdownSource(path, locale)
        case Kind.JSONL:
            return JsonLinesSource(path, locale)
        case Kind.WXR:
            return WordPressSource(path, locale)
