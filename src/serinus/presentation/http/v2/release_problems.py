"""The problems there are with releases, for `problem_catalogue`.

Steering stands beside contract v2 and speaks as it does: there is one list of problems.
"""

from serinus.application.release import comparing, ports, steering
from serinus.domain.release import plan, release
from serinus.presentation.http.v2.explanation import Explanation

CATALOGUE: tuple[Explanation, ...] = (
    Explanation(
        plan.PlanInvalid,
        "Invalid plan",
        "The plan of the release has members that are unknown, wrong, or do not fit together.",
        "`errors` lists all of them; `POST /api/release/plan-check` tries a plan and starts"
        " nothing.",
    ),
    Explanation(
        steering.NoRelease,
        "Release not found",
        "No release was ever started, none is in force, or none has this id.",
        "Look at `/api/release/releases` for those there are; start one.",
    ),
    Explanation(
        ports.ReleaseRuns,
        "A release runs",
        "One release runs at a time: two would confound each other's evidence.",
        "Wait until it has ended, or abort it.",
    ),
    Explanation(
        steering.CoolingDown,
        "Cooling down",
        "The last release was rolled back a short while ago.",
        "Mend what was wrong; `Retry-After` says when the next one can start.",
    ),
    Explanation(
        steering.NotForDrills,
        "Consumers are served",
        "A drill sends everybody else to stable, and consumers are on the candidate.",
        "Drill before traffic moves, or take the share back to 0 first.",
    ),
    Explanation(
        release.NotAllowed,
        "Not allowed here",
        "What was asked for has no place where the release stands.",
        "`errors` has the reason as a code: `ended`, `rolling_back`, `paused`, `not_paused`,"
        " `no_manual_gate`, `gate_is_open`, `lowest_stage`, `too_late`. Look at the release.",
    ),
    Explanation(
        ports.MovedOn,
        "The release has moved on",
        "Since you looked somebody else acted, or the judge did; `ETag` has what is now.",
        "Look at `/api/release` again, and send its new ETag in `If-Match`.",
    ),
    Explanation(
        steering.NotPinned,
        "Consumer not pinned",
        "This consumer is not pinned to an arm.",
        "Look at `/api/release/consumers`; a key is written as it is hashed.",
    ),
    Explanation(
        steering.TooManyPins,
        "Too many pins",
        "A release has at most 1,000 pinned consumers.",
        "Take away those that are not needed any more.",
    ),
    Explanation(
        comparing.NotDiffering,
        "Nothing found there",
        "Comparing found nothing at this place that could be explained.",
        "`GET /api/release/compare` lists the places, and how they are written.",
    ),
    Explanation(
        comparing.NothingToGate,
        "The release has ended",
        "Nothing waits for an explanation any more.",
        "Explain what differs while a release runs.",
    ),
)
