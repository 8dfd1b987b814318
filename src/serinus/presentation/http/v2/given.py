"""What a handler is given by name: `post_reader: Given[PostReader]`."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

T = TypeVar("T")

#: Wired by us, so checked by mypy. Litestar would check again with every request, and cannot
#: do it at all when T is a protocol.
Given: TypeAlias = NamedDependency[SkipValidation[T]]
