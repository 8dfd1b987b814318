"""What was found, as lines for a terminal."""

from collections.abc import Iterator

from benchmarks.side_by_side.findings import Answered, Compared, Findings, Limit, Part

WORD = {True: "met", False: "missed", None: ""}
HOW = (
    "Everybody has their turn in every one of {rounds} rounds, for {seconds} s, next to those "
    "they are compared with; each server has one worker, and all share one database and this "
    "machine, whose load was {load}. A ratio is the median of the rounds' ratios of medians, "
    "with its 95 % interval; it alone means something elsewhere, milliseconds do not."
)


def how(found: Findings) -> str:
    load = " before and ".join(f"{each:.1f}" for each in found.load) + " after"
    return HOW.format(rounds=found.rounds, seconds=found.seconds, load=load)


def lines(found: Findings) -> Iterator[str]:
    yield how(found)
    yield f"\n{'':38}{'clients':>8}{'saved':>9}{'95 %':>19}{'target':>8}"
    for compared in found.compared:
        what = f"{compared.operation}, {compared.way}"
        yield f"{what:38}{compared.clients:>8}{saved(compared)}"
    yield f"\n{'':38}{'clients':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'rate':>9}{'processor':>11}"
    yield from map(answered, found.answered)
    for limit in found.limits:
        yield f"\n{limited(limit)}"
    if found.parts:
        yield f"\n{'':38}{'engine v1':>12}{'engine v2':>12}"
        yield from map(part, found.parts)
    for rate in found.rates:
        yield f"{rate.name:38}{rate.value:>12.1f} {rate.unit}"


def saved(each: Compared) -> str:
    spread = f"{1 - each.against.most:.1%} to {1 - each.against.least:.1%}"
    wanted = "" if each.target is None else f"{each.target:.0%}"
    return f"{each.against.saved:>9.1%}{spread:>19}{wanted:>8} {WORD[each.met]}".rstrip()


def answered(each: Answered) -> str:
    told = each.timing
    times = "".join(f"{value:>9.2f}" for value in (told.p50, told.p95, told.p99))
    what = f"{each.operation}, {each.way}"
    refused = f", {each.refused} refused at first" if each.refused else ""
    rest = f"{told.rate:>9.0f}{each.processor:>8.2f} ms{refused}"
    return f"{what:38}{each.clients:>8}{times}{rest}"


def limited(each: Limit) -> str:
    spread = f"{each.reached.least:.0%} to {each.reached.most:.0%}"
    reached = f"{each.reached.ratio:.0%} of the rate of {each.bare} ({spread})"
    return f"post get, {each.way}: {reached}; {each.budget:.0%} is wanted"


def part(each: Part) -> str:
    v1, v2 = figure_of(each.v1), figure_of(each.v2)
    return f"{each.name:38}{v1:>12}{v2:>12} {each.unit}".rstrip()


def figure_of(value: float) -> str:
    """About three figures that count; whole numbers as they are."""
    if value == int(value) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
