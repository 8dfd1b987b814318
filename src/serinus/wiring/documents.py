"""What the service says of itself, made without a database and without a server."""

from serinus.presentation.http.v2.app import documented
from serinus.presentation.http.v2.documentation import Documentation


def documentation() -> Documentation:
    """The OpenAPI document, made when first asked for."""
    return documented(dict)
