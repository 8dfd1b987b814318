"""What is measured: who answers, what is asked, and by how many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

CLIENTS = (1, 8)


class Operation(StrEnum):
    REGISTER = "register"
    POST = "post get"
    TAGS = "tag list"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Way:
    """How an operation is answered. `server`: one of those that run; `signed_in`: by token."""

    name: str
    server: str
    contract: str
    signed_in: bool


ENGINE_V1 = Way("v1 on v1", "engine-v1", "v1", signed_in=True)
ADAPTER = Way("v1 on v2", "engine-v2", "v1", signed_in=True)
CONTRACT_V2 = Way("v2", "engine-v2", "v2", signed_in=True)
FROM_CACHE = Way("v2, cached", "engine-v2", "v2", signed_in=False)
CACHE_OFF = Way("v2, cache off", "cache-off", "v2", signed_in=False)
FASTAPI = Way("FastAPI + SQLAlchemy", "fastapi_sqlalchemy", "peer", signed_in=False)
DJANGO = Way("Django REST Framework", "django_rest", "peer", signed_in=False)
BARE_ASGI = Way("bare ASGI", "bare_asgi", "peer", signed_in=False)
BARE_SQL = Way("bare asyncpg", "bare_sql", "peer", signed_in=False)

ENGINES = (ENGINE_V1, ADAPTER, CONTRACT_V2)
PEERS = (FASTAPI, DJANGO, BARE_ASGI, BARE_SQL)
#: Those that exist for an operation, in the order of tables.
ANSWERED: dict[Operation, tuple[Way, ...]] = {
    Operation.REGISTER: ENGINES,
    Operation.POST: (*ENGINES, FROM_CACHE, CACHE_OFF, *PEERS),
    Operation.TAGS: (*ENGINES, FROM_CACHE, CACHE_OFF),
    Operation.SEARCH: ENGINES,
}
#: What the new engine has to save of the old one's time, and in all.
TARGETS = {Operation.REGISTER: 0.66, Operation.POST: 0.66, Operation.TAGS: 0.65}
OVERALL = 0.60
#: Of the rate of what is as bare as can be, by as many clients as there are.
LIMITS = ((FROM_CACHE, BARE_ASGI, 0.80), (CACHE_OFF, BARE_SQL, 0.70))


@dataclass(frozen=True, slots=True)
class Case:
    operation: Operation
    way: Way
    clients: int

    @property
    def name(self) -> str:
        return f"{self.operation}, {self.way.name}, {self.clients}"


#: Hands to pytest-benchmark what a case has taken.
Replay = Callable[[Case], None]


def groups() -> list[list[Case]]:
    """Cases that are compared with each other stand together."""
    return [
        [Case(operation, way, clients) for way in ways]
        for operation, ways in ANSWERED.items()
        for clients in CLIENTS
    ]


def cases() -> list[Case]:
    return [case for group in groups() for case in group]
