"""Puts engine v1 together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from serinus.legacy import admin_posts, api_keys, health, posts, search, sign_in, tags, users
from serinus.legacy.configuration import LegacyConfiguration
from serinus.legacy.envelope import UnexpectedFailures, install_failure_handlers
from serinus.legacy.head import HeadLikeGet
from serinus.legacy.resources import open_resources


def create_app(configuration: LegacyConfiguration) -> FastAPI:
    """Serves the paths of contract v1 as they are. Opens nothing before its lifespan begins."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources = open_resources(app, configuration)
        try:
            yield
        finally:
            await resources.close()

    app = FastAPI(
        lifespan=lifespan,
        redirect_slashes=False,
        # The documentation covers both contracts, and is served elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    for part in (health, sign_in, posts, tags, api_keys, users, admin_posts, search):
        app.include_router(part.router)
    install_failure_handlers(app)
    app.add_middleware(HeadLikeGet)
    app.add_middleware(UnexpectedFailures)  # added last: the outermost
    return app
