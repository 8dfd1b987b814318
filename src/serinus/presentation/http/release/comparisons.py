"""/api/release/compare: where the engines differ; /api/release/explain: what of it may be."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from serinus.application.identity.authentication import Authenticated
from serinus.application.release.comparing import (
    WHOLE_ROUTE,
    Comparing,
    Explanation,
    NotDiffering,
    NothingToGate,
    PlaceDiffering,
    Report,
    RouteCompared,
)
from serinus.application.release.steering import NoRelease
from serinus.domain.errors import Forbidden
from serinus.domain.identity.caller import Caller
from serinus.presentation.http.release.asking import AnyRequest, answered, may_look, reads
from serinus.presentation.http.release.people import steers
from serinus.presentation.http.release.shapes import Step
from serinus.presentation.http.v2.describing import about, refuses
from serinus.presentation.http.v2.given import Given

Route = Annotated[str, about("as it is counted", example="/api/v1/posts/{post_id}")]


class ExplanationView(Struct, frozen=True, kw_only=True):
    """Somebody accepted it."""

    by: Annotated[str, about("`user:<id>`, `key:<id>` ...", example="cli:naoko")]
    reason: str

    @classmethod
    def of(cls, explanation: Explanation | None) -> Self | None:
        if explanation is None:
            return None
        return cls(by=explanation.by, reason=explanation.reason)


class RouteView(Struct, frozen=True, kw_only=True):
    """Pairs of answers on a route."""

    route: Route
    compared: Annotated[int, about("equal ones, and those that differ", example=812)]
    differing: int
    noise: Annotated[int, about("that differ because a write came between")]
    skipped: Annotated[int, about("that were not compared: there was too much at once")]
    worse: Annotated[int, about("in which the candidate alone failed")]
    better: Annotated[int, about("in which stable alone failed")]
    shared: Annotated[int, about("in which both failed")]
    cannot: Annotated[str, about("why the route is not compared; empty where it is")]
    explained: ExplanationView | None

    @classmethod
    def of(cls, found: RouteCompared) -> Self:
        return cls(
            route=found.route,
            compared=found.compared,
            differing=found.differing,
            noise=found.noise,
            skipped=found.skipped,
            worse=found.worse,
            better=found.better,
            shared=found.shared,
            cannot=found.cannot,
            explained=ExplanationView.of(found.explained),
        )


class DifferenceView(Struct, frozen=True, kw_only=True):
    """A place at which answers differ. Of what stood there only the form is kept."""

    route: Route
    path: Annotated[str, about("of JSON", example="$.data.title")]
    kind: Annotated[str, about("what differs", example="value")]
    count: int
    first_at: datetime
    last_at: datetime
    stable: Annotated[str, about("the form of what stood there", example="text of 15")]
    candidate: Annotated[str, about("the form of what stood there", example="text of 14")]
    explained: ExplanationView | None

    @classmethod
    def of(cls, found: PlaceDiffering) -> Self:
        return cls(
            route=found.route,
            path=found.path,
            kind=found.kind,
            count=found.count,
            first_at=found.first_at,
            last_at=found.last_at,
            stable=found.stable,
            candidate=found.candidate,
            explained=ExplanationView.of(found.explained),
        )


class ComparisonView(Struct, frozen=True, kw_only=True):
    """What comparing the answers of both engines has found."""

    release: UUID
    routes: list[RouteView]
    differences: list[DifferenceView]

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls(
            release=report.release,
            routes=[RouteView.of(each) for each in report.routes],
            differences=[DifferenceView.of(each) for each in report.places],
        )


class NewExplanation(Step, frozen=True, kw_only=True):
    """Why answers may differ at a place, or why a route need not be compared."""

    route: Route
    path: Annotated[
        str,
        about(
            f"as `compare` shows it; `{WHOLE_ROUTE}`: the route as a whole", example="$.data"
        ),
    ]


@reads("/compare", NoRelease)
async def show_comparison(
    request: AnyRequest, caller: Given[Caller], comparing: Given[Comparing]
) -> Response[ComparisonView]:
    """Say on which routes both engines were compared, and where their answers differ."""
    may_look(caller, request)
    return answered(ComparisonView.of(await comparing.report()), unless=request)


@reads("/releases/{release_id:uuid}/compare", NoRelease)
async def show_comparison_of_release(
    request: AnyRequest,
    release_id: FromPath[UUID],
    caller: Given[Caller],
    comparing: Given[Comparing],
) -> Response[ComparisonView]:
    """Say what comparing found while a release ran."""
    may_look(caller, request)
    return answered(ComparisonView.of(await comparing.report(release_id)), unless=request)


@post(
    "/explain",
    status_code=200,
    opt=refuses(Forbidden, NoRelease, NotDiffering, NothingToGate),
)
async def explain_difference(
    data: JSONBody[NewExplanation],
    signed_in: Given[Authenticated],
    comparing: Given[Comparing],
) -> Response[ComparisonView]:
    """Accept a difference: the release does not wait because of it any more."""
    actor = steers(signed_in)
    await comparing.explain(data.route, data.path, actor=actor, reason=data.reason)
    return answered(ComparisonView.of(await comparing.report()))


HANDLERS = [show_comparison, show_comparison_of_release, explain_difference]
