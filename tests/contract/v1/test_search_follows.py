"""The index of what can be searched, after writes through any of the engines."""

from contextlib import AsyncExitStack
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serinus.domain.identity.caller import Role
from tests.contract.v1.clients import People
from tests.contract.v1.engines import SERVED, serving

DIFFERENCES = """
SELECT count(*) FROM search_documents d FULL JOIN search_sources s USING (doc_type, id)
 WHERE d IS DISTINCT FROM s
"""
texts = st.text(st.sampled_from("owl 東京カ.+#"), min_size=1).filter(str.strip)
changes = st.fixed_dictionaries(
    {},
    optional={
        "title": texts,
        "content": texts,
        "excerpt": st.just("") | texts,
        "published": st.booleans(),
    },
)
names = st.fixed_dictionaries({}, optional={"first_name": texts, "is_active": st.booleans()})
writes = st.one_of(
    st.tuples(
        st.just("POST"),
        st.just("/posts"),
        changes.map(lambda sent: {"title": "t", "content": "c", **sent}),
    ),
    st.tuples(st.just("PUT"), st.just("/posts/{last}"), changes),
    st.tuples(st.just("POST"), st.just("/posts/{last}/publish"), st.none()),
    st.tuples(st.just("DELETE"), st.just("/posts/{last}"), st.none()),
    st.tuples(st.just("PUT"), st.just("/users/{user}"), names),
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=st.lists(st.tuples(st.sampled_from(SERVED), writes), min_size=1, max_size=8))
async def test_whichever_engine_writes_the_index_is_what_it_would_be_if_rebuilt(
    database_url: str, pool: asyncpg.Pool, drawn: list[Any]
) -> None:
    async with AsyncExitStack() as stack:
        https = {
            engine: await stack.enter_async_context(serving(engine, database_url))
            for engine in SERVED
        }
        people = People(https[SERVED[0]], pool)
        admin, user = await people.a(Role.ADMIN), await people.a()
        last = (await admin.wrote(published=True))["id"]

        for engine, (method, path, body) in drawn:
            answer = await admin.at(https[engine]).send(
                method,
                path.format(last=last, user=user.id),
                **({} if body is None else {"json": body}),
            )
            assert answer.status_code in {200, 201, 404}, answer.text
            if answer.status_code == 201:
                last = answer.json()["data"]["id"]

    assert await pool.fetchval(DIFFERENCES) == 0
