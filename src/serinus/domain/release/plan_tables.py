"""Reading the tables of a plan: whatever is wrong is noted, and reading goes on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches

from serinus.domain.release.assignment import Share
from serinus.domain.release.durations import duration

MOST_ROUTES = 100  # that a plan may name
LONGEST_ROUTE = 200  # characters


class Table:
    """Each method takes one member, or its default where it is absent or wrong.

    `finish` refuses what nobody took. All tables of a plan share one list of problems.
    """

    def __init__(
        self, values: object, path: str = "", problems: list[str] | None = None
    ) -> None:
        self.problems: list[str] = [] if problems is None else problems
        self._path = path
        self._known: set[str] = set()
        self._inner: list[Table] = []
        self.given = isinstance(values, Mapping)
        self._values: Mapping[str, object] = values if isinstance(values, Mapping) else {}
        if values is not None and not self.given:
            self.problems.append(f"{path}: a table with named members")

    def finish(self) -> None:
        for name in self._values:
            if name not in self._known:
                near = get_close_matches(name, self._known, n=1, cutoff=0.5)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.problem(name, f"there is no such member{hint}")
        for table in self._inner:
            table.finish()

    def problem(self, name: str, text: str) -> None:
        self.problems.append(f"{self._named(name)}: {text}")

    def table(self, name: str) -> "Table":
        inner = Table(self._take(name), self._named(name), self.problems)
        self._inner.append(inner)
        return inner

    def names(self, allowed: Iterable[str]) -> list[str]:
        """Those of the given members that may be there."""
        self._known |= set(allowed)
        return [name for name in self._values if name in self._known]

    def time(self, name: str, default: timedelta) -> timedelta:
        given = self._take(name)
        if given is None:
            return default
        try:
            return duration(given)
        except ValueError as error:
            self.problem(name, str(error))
            return default

    def share(self, name: str, default: Share) -> Share:
        given = self._take(name)
        return default if given is None else self._share(name, given) or default

    def shares(self, name: str, default: Sequence[int]) -> tuple[Share, ...]:
        given = self._take(name)
        fallback = tuple(Share.from_percent(str(each)) for each in default)
        if given is None:
            return fallback
        if not isinstance(given, list | tuple):
            self.problem(name, "a list of percentages")
            return fallback
        found = [self._share(name, each) for each in given]
        return tuple(each for each in found if each is not None)

    def all_shares(self) -> dict[str, Share]:
        """Every member is a route and its share."""
        self._known |= set(self._values)
        self._bounded("", list(self._values))
        found = {name: self._share(name, given) for name, given in self._values.items()}
        return {name: share for name, share in found.items() if share is not None}

    def texts(self, name: str) -> list[str]:
        given = self._take(name)
        if given is None:
            return []
        if not isinstance(given, list | tuple):
            self.problem(name, "a list of route templates")
            return []
        return self._bounded(name, given)

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        given = self._take(name)
        if given is None:
            return default
        if given not in allowed:
            self.problem(name, f"one of {', '.join(allowed)}")
            return default
        return str(given)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        given = self._take(name)
        if given is None:
            return default
        if type(given) is not int or not least <= given <= most:
            self.problem(name, f"a whole number from {least} to {most}")
            return default
        return given

    def real(self, name: str, default: float, least: float, most: float) -> float:
        return self._number(name, default, least, most, f"a number from {least} to {most}")

    def fraction(self, name: str, default: float) -> float:
        """Strictly between 0 and 1; nothing is ever proven of a limit that is one of them."""
        text = "a number above 0 and below 0.5, as 0.01 for 1 %"
        return self._number(name, default, 1e-9, 0.499999999, text)

    def _number(self, name: str, default: float, least: float, most: float, text: str) -> float:
        given = self._take(name)
        if given is None:
            return default
        if isinstance(given, bool) or not isinstance(given, int | float):
            self.problem(name, text)
            return default
        if not least <= given <= most:
            self.problem(name, text)
            return default
        return float(given)

    def _take(self, name: str) -> object:
        self._known.add(name)
        return self._values.get(name)

    def _share(self, name: str, given: object) -> Share | None:
        try:
            if isinstance(given, bool) or not isinstance(given, int | float):
                raise ValueError  # noqa: TRY004, TRY301 - wrong like any other text
            return Share.from_percent(repr(given))
        except ValueError:
            self.problem(name, "percent from 0 to 100, two decimals at most")
            return None

    def _bounded(self, name: str, routes: Sequence[object]) -> list[str]:
        if len(routes) > MOST_ROUTES:
            self.problem(name, f"{MOST_ROUTES} routes at most")
        kept = [each for each in routes if isinstance(each, str) and each.startswith("/")]
        if len(kept) < len(routes) or any(len(each) > LONGEST_ROUTE for each in kept):
            self.problem(name, 'a route is a template like "/api/v1/posts/{post_id}"')
        return kept

    def _named(self, name: str) -> str:
        return f"{self._path}.{name}".strip(".")
