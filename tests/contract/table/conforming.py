"""Whatever is sent, a running server answers as an OpenAPI document says.

Requests are drawn from the document: such as it allows, and such as it does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.table.case import ROLES, Names
from tests.contract.table.modes import Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 10  # of each operation
law = settings(
    deadline=None,
    max_examples=EXAMPLES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


# With a token, with a key, or with whatever was drawn for the header.
callers = st.sampled_from([*ROLES, "script", None])
addresses = st.integers(0, 2**24 - 1)

#: Makes the state for a drawn request, and has it speak of what is there, as a number says.
Prepare = Callable[[Any, Served, Names, int], None]


def operations_below(document: Mapping[str, Any], base: str) -> dict[str, Any]:
    """By their labels, `GET /api/v2/tags`."""
    schema = schemathesis.openapi.from_dict(dict(document))
    return {
        result.ok().label: result.ok()
        for result in schema.get_all_operations()
        if isinstance(result, Ok) and result.ok().path.startswith(base)
    }


def drawn(operation: Any) -> st.SearchStrategy[Any]:
    allowed: st.SearchStrategy[Any] = operation.as_strategy(
        generation_mode=GenerationMode.POSITIVE
    )
    if not (operation.body or operation.query or operation.path_parameters):
        return allowed
    refused = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.one_of(allowed, allowed, refused)


@dataclass(frozen=True)
class Law:
    """That the answers of one operation are as they are documented. `changed`: on their way."""

    operation: Any
    prepare: Prepare
    setting: settings = law
    changed: Callable[[httpx.Response], httpx.Response] = lambda answer: answer

    def hold(self, running: Served) -> None:
        @self.setting
        @given(
            case=drawn(self.operation),
            who=callers,
            number=st.integers(0, 14),
            address=addresses,
        )
        def conforms(case: Any, who: str | None, number: int, address: int) -> None:
            names = Names()
            self.prepare(case, running, names, number)
            answer = sent(running, case, names, who, address)
            case.validate_response(self.changed(answer), checks=CHECKS)

        conforms()


def sent(
    running: Served, case: Any, names: Names, who: str | None, address: int
) -> httpx.Response:
    """Each request from an address of its own: this is not about limits."""
    request = requests.Request(**case.as_transport_kwargs(base_url=running.base)).prepare()
    # Outer white space is no part of a value: HTTP has no way to send it.
    headers = {name: str(value).strip() for name, value in request.headers.items()}
    if who is not None:
        headers = {
            name: value
            for name, value in headers.items()
            if name.lower() not in {"authorization", "x-api-key"}
        }
        headers |= (
            {"X-API-Key": names.known[f"{who}.raw"]}
            if f"{who}.raw" in names.known
            else {"Authorization": f"Bearer {names.known[f'{who}.access']}"}
        )
    numbers = address.to_bytes(3)
    headers["X-Forwarded-For"] = f"10.{'.'.join(map(str, numbers))}"
    # Bytes beyond ASCII are opaque (RFC 9110, section 5.5), and they can be sent.
    fields = [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
    ]
    body = request.body or b""
    assert isinstance(body, bytes | str)
    answer = running.http.request(case.method, str(request.url), headers=fields, content=body)
    answer.elapsed = timedelta(0)
    return answer
