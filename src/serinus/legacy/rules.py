"""How bodies of requests are checked.

Types are strict. A rule is a validator that raises `broken(text)`; every other error of
Pydantic is a wrong type, which the contract reports differently.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

BROKEN_RULE = "broken_rule"


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What rules may look at beside the member itself."""

    members: dict[str, Any]
    common_passwords: frozenset[str]


class RequestBody(BaseModel):
    """Unknown members are ignored; members are checked, and reported, in their order."""

    model_config = ConfigDict(strict=True, extra="ignore", validate_default=True)


def broken(text: str) -> PydanticCustomError:
    return PydanticCustomError(BROKEN_RULE, "{text}", {"text": text})


def length(low: int, high: int, text: str) -> AfterValidator:
    """In characters, both limits included."""

    def check(value: str) -> str:
        if not low <= len(value) <= high:
            raise broken(text)
        return value

    return AfterValidator(check)


def not_empty(text: str) -> AfterValidator:
    return length(1, 2**63, text)


def _null_is_empty(value: object) -> object:
    return "" if value is None else value


null_is_empty = BeforeValidator(_null_is_empty)
#: A member that must be there: absent or null, it breaks the rules that an empty one breaks.
RequiredText = Annotated[str, null_is_empty]
trimmed = AfterValidator(str.strip)
