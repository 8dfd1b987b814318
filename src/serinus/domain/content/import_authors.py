"""The account that a name in another system becomes."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from serinus.domain.content.import_fitting import clean
from serinus.domain.content.import_titles import shortened
from serinus.domain.content.imported import ImportedAuthor
from serinus.domain.identity.accounts import clean_username, username_key

SHORTEST, LONGEST = 3, 50  # of a user name
MAX_NAME = 100
LONGEST_LOCAL_PART = 50  # leaves room for the mark within the 64 of RFC 5321


@dataclass(frozen=True, slots=True)
class FittedAuthor:
    """`key` is what makes a name unique.

    `email` leads nowhere: RFC 2606 reserves `.invalid`. The address of the source is not taken
    over, since nobody has shown that it is theirs.
    """

    username: str
    key: str
    email: str
    first_name: str | None = None
    last_name: str | None = None


def fit_author(author: ImportedAuthor) -> FittedAuthor:
    """Two spellings of one name become the same account.

    A name longer than a user name may be is cut, with a mark that tells it from others cut at
    the same place, and stands in full as the person's first name.
    """
    whole = " ".join(_printable(clean_username(clean(author.username))).split())
    username, first = whole, author.first_name
    if len(whole) > LONGEST:
        username = f"{whole[: LONGEST - 10].rstrip()}… {_mark(username_key(whole))}"
        first = first or whole
    elif len(whole) < SHORTEST:
        username = f"{whole} (imported)".strip()
    key = username_key(username)
    return FittedAuthor(username, key, _unroutable(key), _name(first), _name(author.last_name))


def _printable(text: str) -> str:
    kept = (" " if unicodedata.category(c).startswith("C") else c for c in text)
    return "".join(kept).replace("@", "")  # what looks like an address is none


def _name(text: str | None) -> str | None:
    return shortened(clean(text or "").strip(), MAX_NAME) or None


def _unroutable(key: str) -> str:
    """An address of its own for every name: the name itself where plain ASCII can hold it."""
    if re.fullmatch(r"[a-z0-9]+([ _-][a-z0-9]+)*", key):
        return f"{key.replace(' ', '.')}@imported.invalid"
    decomposed = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode()
    local = "-".join(re.findall(r"[a-z0-9]+", decomposed))[:LONGEST_LOCAL_PART]
    return f"{local}-{_mark(key)}@imported.invalid".removeprefix("-")


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
