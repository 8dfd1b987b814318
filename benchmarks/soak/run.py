"""A site under a stated load, for as long as you like: does it answer, and does it stay small?

    python -m benchmarks.soak.run [--minutes 2] [--rate 60] [--consumers 40] [--posts 2000]

Starts a server of its own (two workers, embedded PostgreSQL, half of contract v1 on engine v2),
fills it, and lets locust do what consumers do (`consumers.py`). Prints the indicators of
service, and writes `build/soak/summary.json` and `report.html`. Ends with 1 when more than
0.5 % of the requests failed, p99 reached 200 ms, or memory grew.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.soak.indicators import Summary, summary
from benchmarks.soak.report import indicators, page
from benchmarks.soak.site import Site, running_site
from benchmarks.soak.watching import Watch

CONSUMERS = Path(__file__).with_name("consumers.py")
AUTHORS = 0.2  # of the consumers, rounded up: locust's share of each kind may be one more
WARM_UP = 8.0  # seconds after the last consumer has come
ENDS_WITHIN = 120  # seconds, beside the run


def run(given: argparse.Namespace) -> int:
    target: Path = given.output
    target.mkdir(parents=True, exist_ok=True)
    authors = math.ceil(given.consumers * AUTHORS) + 2
    with running_site(given.posts, authors) as site:
        watch = Watch(site, every=max(1.0, given.minutes * 60 / 200))
        entries = _load(site, given, target, watch)
    found = summary(entries, watch.samples)
    load = (
        f"{given.consumers} consumers, {given.rate:g} requests a second asked for, "
        f"{given.minutes:g} minutes, {given.posts} posts"
    )
    _write(found, target, page(found, watch.samples, load), load)
    for name, measured, required in indicators(found):
        sys.stdout.write(f"{name:28} {measured:28} {required}\n")
    for line in found.broken():
        sys.stdout.write(f"BROKEN: {line}\n")
    return 1 if found.broken() else 0


def _load(
    site: Site, given: argparse.Namespace, target: Path, watch: Watch
) -> list[dict[str, Any]]:
    """What locust counted once all consumers were there."""
    arrive = given.consumers / given.arrivals
    seconds = round(given.minutes * 60)
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary"]
    command += ["-f", str(CONSUMERS), "--host", site.server.address]
    command += ["--users", str(given.consumers), "--spawn-rate", str(given.arrivals)]
    command += ["--run-time", f"{round(arrive + WARM_UP) + seconds}s", "--stop-timeout", "10"]
    command += ["--exit-code-on-error", "0", "--loglevel", "WARNING"]
    command += ["--json-file", str(target / "locust"), "--csv", str(target / "locust")]
    each = given.rate / given.consumers
    told = os.environ | {"SOAK_SITE": str(site.known), "SOAK_EACH": str(each)}
    told["SOAK_WARM_UP"] = str(WARM_UP)
    with (target / "locust.log").open("wb") as log:
        process = subprocess.Popen(command, env=told, stdout=log, stderr=log)  # noqa: S603 - our own
        try:
            time.sleep(arrive + WARM_UP)
            with watch.watching():
                code = process.wait(seconds + ENDS_WITHIN)
        finally:
            process.kill()
            process.wait()
    if code:
        raise SystemExit(f"locust ended with {code}: see {target / 'locust.log'}")
    entries: list[dict[str, Any]] = json.loads((target / "locust.json").read_text())
    return entries


def _write(found: Summary, target: Path, html: str, load: str) -> None:
    told = {"load": load, "kept": not found.broken(), "broken": found.broken()} | asdict(found)
    (target / "summary.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    (target / "report.html").write_text(html, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=60.0, help="requests a second, of all")
    parser.add_argument("--consumers", type=int, default=40)
    parser.add_argument("--arrivals", type=float, default=2.0, help="consumers a second")
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=Path("build/soak"))
    given = parser.parse_args()
    if find_spec("locust") is None:
        sys.stderr.write("locust is not installed: install requirements/bench.txt\n")
        return 2
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
