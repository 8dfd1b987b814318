"""What is found, as a person reads it."""

from datetime import timedelta

from serinus.domain.release.verdict import Reading

BAD = {"errors": "failed", "slow": "were slow"}


def rate(reading: Reading) -> str:
    return f"{reading.bad} of {reading.requests} requests ({reading.rate:.2%})"


def far_beyond(reading: Reading, kind: str) -> str:
    where = f" on {reading.route}" if reading.route else ""
    return (
        f"{rate(reading)} {BAD[kind]} on the candidate{where}: more than "
        f"{reading.limit:.1%}, beyond any doubt"
    )


def beyond(reading: Reading, kind: str) -> str:
    where = f" on {reading.route}" if reading.route else ""
    return (
        f"{rate(reading)} {BAD[kind]} on the candidate{where}, more than the limit of "
        f"{reading.limit:.2%}, and stable does better"
    )


def worse(reading: Reading, kind: str) -> str:
    where = f" on {reading.route}" if reading.route else ""
    return (
        f"{rate(reading)} {BAD[kind]} on the candidate{where}, more than {reading.limit:g} "
        "times as many as on stable with consumers like these"
    )


def worse_pairs(reading: Reading) -> str:
    return (
        f"of {reading.requests} compared requests that one engine alone failed it was the "
        f"candidate in {reading.bad}"
    )


def shown(time: timedelta) -> str:
    """In the largest unit that says enough."""
    seconds = time.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
