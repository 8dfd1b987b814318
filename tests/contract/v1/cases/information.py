"""What the contract says of itself."""

from tests.contract.table.case import NOBODY, answer, ask, case

ENDPOINTS = sorted(
    f"{method} /api/v1{path}"
    for path, methods in {
        "": "GET",
        "/info": "GET",
        "/health": "GET",
        "/metrics": "GET",
        "/health/liveness": "GET",
        "/health/readiness": "GET",
        "/auth/register": "POST",
        "/auth/login": "POST",
        "/auth/refresh": "POST",
        "/auth/logout": "POST",
        "/auth/profile": "GET",
        "/posts": "GET POST",
        "/posts/{id}": "GET PUT DELETE",
        "/posts/{id}/publish": "POST",
        "/posts/tag/{tag}": "GET",
        "/tags": "GET",
        "/users": "GET",
        "/users/{id}": "GET PUT DELETE",
        "/users/{id}/posts": "GET",
        "/users/{id}/role": "POST",
        "/admin/posts": "GET POST",
        "/admin/posts/{id}": "DELETE",
        "/api-keys": "GET POST",
        "/api-keys/{id}": "DELETE",
        "/search": "GET",
        "/search/suggest": "GET",
        "/search/stats": "GET",
        "/search/reindex": "POST",
    }.items()
    for method in methods.split()
)
INFO = {
    "version": "1.0",
    "endpoints": ENDPOINTS,
    "documentation": "/api/docs",
    "status": "operational",
}
CASES = [
    case("the base says what is served", ask(NOBODY, "GET", ""), answer(200, INFO)),
    case("so does info", ask(NOBODY, "GET", "/info"), answer(200, INFO)),
]
