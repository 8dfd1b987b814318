"""Whoever writes says who acts: the audit log has no other way to know."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

STORES = Path(__file__).parents[2] / "src" / "serinus" / "infrastructure" / "postgres"

AUDITED = "users|sessions|api_keys|posts|post_tags|post_categories|tags|categories|comments"
#: A table that is filled in could be any of them.
WRITES = re.compile(
    rf"\b(INSERT INTO|UPDATE|DELETE FROM)\s+(({AUDITED})\b|{re.escape('{...}')})"
)
SAYS = "acting("

#: Statements, or parts of one, for which another one says it.
SAID_ELSEWHERE = {
    "api_keys.LIVE_AND_NOTED": "that a key was used is no entry",
    "import_statements": "the first statement of each attempt says it",
    "posts.REPLACE_TERMS": "comes after SAVE, in its transaction",
    "tags.DELETE": "comes after LOCK_POSTS, in its transaction",
    "tags.MOVE": "comes after LOCK_POSTS, in its transaction",
    "terms.FIND_OR_ADD_TERMS": "part of statements that say it",
}


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Each text of a module under the name that it is given, or of the function it is in."""
    for top in ast.parse(path.read_text(encoding="utf-8")).body:
        for node in ast.walk(top):
            match node:
                case ast.Constant(value=str(text)):
                    yield named(path, top), text
                case ast.JoinedStr(values=parts):
                    yield (
                        named(path, top),
                        "".join(
                            str(part.value) if isinstance(part, ast.Constant) else "{...}"
                            for part in parts
                        ),
                    )
                case _:
                    pass


def named(path: Path, top: ast.stmt) -> str:
    match top:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return f"{path.stem}.{name}"
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return f"{path.stem}.{name}"
        case _:
            return path.stem


def silent(path: Path) -> set[str]:
    """Names of statements that write what is audited and do not say who acts."""
    found = {(name, text) for name, text in texts(path) if WRITES.search(text)}
    # A part of an f-string is a text of its own, too: the whole one says it.
    said = [(name, text) for name, text in texts(path) if SAYS in text]
    return {
        name
        for name, text in found
        if not any(name == other and text in whole for other, whole in said)
    }


@pytest.mark.parametrize("path", sorted(STORES.glob("*.py")), ids=lambda path: str(path.stem))
def test_every_statement_that_writes_says_who_acts(path: Path) -> None:
    excused = {name for name in silent(path) if name in SAID_ELSEWHERE}
    excused |= {name for name in silent(path) if path.stem in SAID_ELSEWHERE}

    assert silent(path) - excused == set()


def test_nothing_is_excused_that_says_it_or_is_gone() -> None:
    found = {name for path in STORES.glob("*.py") for name in silent(path)}
    found |= {name.partition(".")[0] for name in found}

    assert SAID_ELSEWHERE.keys() <= found


def test_a_statement_that_says_nothing_is_noticed(tmp_path: Path) -> None:
    forgetful = tmp_path / "forgetful.py"
    forgetful.write_text(
        'SAVE = "UPDATE posts SET title = $1"\n'
        'KEPT = "UPDATE posts SET title = $1 WHERE (SELECT acting($2))"\n'
        'OTHER = "UPDATE idempotency_keys SET status = 1"\n'
        'LINK = f"INSERT INTO {table} (a) VALUES (1)"\n'
    )

    assert silent(forgetful) == {"forgetful.SAVE", "forgetful.LINK"}
