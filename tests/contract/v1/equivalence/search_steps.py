"""What everybody may look for."""

from urllib.parse import quote

from hypothesis import strategies as st

from tests.contract.v1.equivalence.post_steps import TAGS, TITLES
from tests.contract.v1.equivalence.steps import (
    PAGES,
    Strategy,
    anybody,
    in_address,
    numbers,
    one_of,
    queries,
    reference,
    steps,
)

WORDS = [
    "canaries",
    "do",
    "they",
    "金糸",
    "雀",
    "鳴く",
    "strasse",
    "ada",
    "author",
    "p",
    "c++",
    "x",
]
sought = one_of(
    (6, st.sampled_from(WORDS).map(quote)),
    (3, st.sampled_from([*TITLES, *TAGS, "", "x" * 200, "x" * 201, " "]).map(quote)),
    (1, in_address),
)
some = queries(
    *PAGES,
    ("offset", numbers),
    ("doc_type", st.sampled_from(["post", "User", "x", ""])),
    ("sort_by", st.sampled_from(["relevance", "created_at", "title", "x"])),
    ("sort_order", st.sampled_from(["asc", "DESC", "x"])),
)


def asking(path: str, name: str, more: Strategy) -> Strategy:
    def address(text: str, rest: str) -> str:
        return f"{path}?{name}={text}{rest.replace('?', '&')}"

    return st.builds(address, sought, more)


reindexers = one_of((3, anybody), (1, reference("raw key")))
searching = one_of(
    (6, steps(anybody, "GET", asking("/search", "q", some))),
    (3, steps(anybody, "GET", asking("/search/suggest", "prefix", queries(PAGES[1])))),
    (2, steps(anybody, "GET", "/search/stats")),
    (1, steps(anybody, "GET", "/search")),
    (1, steps(reindexers, "POST", "/search/reindex")),
)
