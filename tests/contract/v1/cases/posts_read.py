"""GET of posts."""

from tests.contract.v1.cases.shapes import NO_POST, env, page, planted_post
from tests.contract.v1.table.case import SUBSCRIBER, answer, ask, case, post

CASES = [
    case(
        "a published post is everybody's",
        post("p", title="Out"),
        *(
            ask(SUBSCRIBER, "GET", "/posts/{p}"),
            answer(200, env(planted_post("p", title="Out"))),
        ),
        *(ask(SUBSCRIBER, "GET", "/posts"), answer(200, page(planted_post("p", title="Out")))),
    ),
    case(
        "an unknown post is not found",
        *(ask(SUBSCRIBER, "GET", "/posts/{unknown}"), answer(404, NO_POST)),
    ),
]
