"""Which route a path belongs to, as the few names that metrics and links may use.

Paths come from outside in any number; the templates of the applications' own routes do not.
"""

import re
from collections.abc import Iterable

_PARAMETER = re.compile(r"\{(\w*)(?::\w+)?\}")


class RouteTable:
    """Templates are like `/posts/{post_id:uuid}`; a parameter of type `path` takes the rest.

    What fixed segments match goes before what parameters match, the earlier segment first, as
    in every router.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        self._fixed: dict[str, str] = {}
        self._shapes: dict[tuple[str, ...], str] = {}
        self._prefixes: dict[str, str] = {}
        masks: dict[int, set[tuple[int, ...]]] = {}
        for template in templates:
            shown, segments = _PARAMETER.sub(r"{\1}", template), template.split("/")
            places = tuple(n for n, each in enumerate(segments) if _PARAMETER.fullmatch(each))
            if not places:
                self._fixed[template] = template
            elif template.endswith(":path}"):
                self._prefixes[template.rpartition("/")[0] + "/"] = shown
            else:
                self._shapes[_shape(segments, places)] = shown
                masks.setdefault(len(segments), set()).add(places)
        #: By number of segments: where the parameters of its routes are.
        self._masks = {length: sorted(found)[::-1] for length, found in masks.items()}

    def find(self, path: str) -> str | None:
        """The template that a path matches, its types left out."""
        if path in self._fixed:
            return path
        segments = path.split("/")
        for places in self._masks.get(len(segments), ()):
            found = self._shapes.get(_shape(segments, places))
            if found is not None:
                return found
        for prefix, template in self._prefixes.items():
            if path.startswith(prefix) and path != prefix:
                return template
        return None


def _shape(segments: list[str], places: tuple[int, ...]) -> tuple[str, ...]:
    shape = segments.copy()
    for place in places:
        if shape[place]:  # an empty segment is no value
            shape[place] = "{}"
    return tuple(shape)
