"""What may be shown of a value that somebody else wrote: its form, never what it says.

Letters become `a` and `A`, digits `9`, letters of scripts without case `w`: enough to see that
one engine writes a time with a `Z` and the other with `+00:00`.
"""

import json
from typing import Final

LONGEST: Final = 40  # characters of a text that are shown


def shape(value: object) -> str:
    """A JSON value as an example may keep it: 100 characters at most."""
    match value:
        case str():
            return f"text of {len(value)}: {_form(value)}"
        case list():
            return f"list of {len(value)}"
        case dict():
            return f"object of {len(value)}"
        case None | bool():
            return json.dumps(value)
        case _:
            return f"number {_form(json.dumps(value))}"


def _form(text: str) -> str:
    form = "".join(_stands_for(character) for character in text[:LONGEST])
    return form + "..." if len(text) > LONGEST else form


def _stands_for(character: str) -> str:
    if character.isdigit() or character.isnumeric():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a" if character.islower() else "w"
    if character.isspace():
        return " "
    return character if character.isascii() and character.isprintable() else "?"
