"""/api/docs: for people a page that needs nothing from elsewhere, for programs the document."""

import re

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from tests.support.whole_v2 import Client, problem

PAGE = "/api/docs"


async def test_the_page_and_all_it_needs_come_from_here(client: Client) -> None:
    page = await client.get(PAGE)

    assert page.headers["content-type"].startswith("text/html")
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert any(name.endswith("swagger-ui-bundle.js") for name in needed)
    assert [name for name in needed if not name.startswith("/")] == []
    for name in needed:
        assert (await client.get(name)).status_code == 200, name


async def test_the_page_runs_no_script_but_those_from_here(client: Client) -> None:
    page = await client.get(PAGE)

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
    assert re.findall(r"\son\w+=", page.text) == []


FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
    "page.css": "text/css",
    "favicon-32x32.png": "image/png",
    "openapi.json": "application/json",
    "openapi-3.0.json": "application/json",
}


async def test_a_file_is_sent_once_until_it_changes(client: Client) -> None:
    for name, media_type in FILES.items():
        first = await client.get(f"{PAGE}/{name}")
        again = await client.sends(if_none_match=first.headers["etag"]).get(f"{PAGE}/{name}")

        assert first.headers["content-type"].partition(";")[0] == media_type
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


async def test_no_other_file_is_served(client: Client) -> None:
    for name in ("docs.html", "..%2Fapp.py", "package.json", "x.map"):
        problem(await client.get(f"{PAGE}/{name}"), 404, "path_not_found")


async def test_the_document_is_valid_openapi_3_1(client: Client) -> None:
    document = (await client.get(f"{PAGE}/openapi.json")).json()

    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


async def test_the_page_shows_the_same_as_valid_openapi_3_0(client: Client) -> None:
    newer = (await client.get(f"{PAGE}/openapi.json")).json()
    older = (await client.get(f"{PAGE}/openapi-3.0.json")).json()

    OpenAPIV30SpecValidator(older).validate()
    assert older["paths"].keys() == newer["paths"].keys()
    assert older["components"]["schemas"].keys() == newer["components"]["schemas"].keys()
