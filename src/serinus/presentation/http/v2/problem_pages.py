"""/problems: what the `type` of a problem leads to."""

from html import escape
from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.params import FromPath
from msgspec import Struct

from serinus.presentation.http.v2.authentication import OPEN
from serinus.presentation.http.v2.explanation import Explanation
from serinus.presentation.http.v2.problem_catalogue import BY_CODE, CATALOGUE
from serinus.presentation.http.v2.problems import status_of
from serinus.presentation.http.v2.refusals import PathNotFound

AnyRequest = Request[Any, Any, Any]
CACHED = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}


class ProblemType(Struct, frozen=True):
    type: str
    code: str
    status: int
    title: str
    meaning: str
    remedy: str


class ProblemTypes(Struct, frozen=True):
    data: list[ProblemType]


@get("/", opt=OPEN)
async def list_problems(request: AnyRequest) -> Response[Any]:
    """Every problem there is."""
    ordered = sorted(CATALOGUE, key=lambda known: (status_of(known.error), known.code))
    if _wants_html(request):
        rows = "".join(
            f"<dt><a href='/problems/{each.code}'><code>{each.code}</code></a>"
            f" ({status_of(each.error)})</dt><dd>{escape(each.meaning)}</dd>"
            for each in ordered
        )
        return _page("Problems", f"<dl>{rows}</dl>")
    return Response(ProblemTypes([_shown(each) for each in ordered]), headers=CACHED)


@get("/{code:str}", opt=OPEN)
async def explain_problem(code: FromPath[str], request: AnyRequest) -> Response[Any]:
    """One problem, and what to do about it."""
    if (known := BY_CODE.get(code)) is None:
        raise PathNotFound("there is no such problem")
    if _wants_html(request):
        status = status_of(known.error)
        text = (
            f"<p><code>{known.code}</code>, HTTP {status.value} {status.phrase}</p>"
            f"<p>{escape(known.meaning)}</p><p>{escape(known.remedy)}</p>"
            "<p><a href='/problems'>All problems</a></p>"
        )
        return _page(known.title, text)
    return Response(_shown(known), headers=CACHED)


def _wants_html(request: AnyRequest) -> bool:
    return request.accept.best_match(["application/json", "text/html"]) == "text/html"


def _shown(known: Explanation) -> ProblemType:
    return ProblemType(
        type=f"/problems/{known.code}",
        code=known.code,
        status=int(status_of(known.error)),
        title=known.title,
        meaning=known.meaning,
        remedy=known.remedy,
    )


def _page(title: str, content: str) -> Response[str]:
    html = (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>{escape(title)} - Serinus</title><h1>{escape(title)}</h1>{content}</html>"
    )
    return Response(html, media_type=MediaType.HTML, headers=CACHED)


router = Router(
    "/problems", route_handlers=[list_problems, explain_problem], include_in_schema=False
)
