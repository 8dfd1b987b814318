"""Engine v2: one set of use cases, as contract v2 and, by the adapter, as contract v1."""

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import serinus
from serinus.application.content.batching import Batching
from serinus.application.content.categorising import Categorising
from serinus.application.content.discussing import Discussing
from serinus.application.content.editing import Editing
from serinus.application.content.revising import Revising
from serinus.application.content.searching import Reindexing
from serinus.application.content.tagging import Tagging
from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.membership import Membership
from serinus.application.identity.people import People
from serinus.application.identity.profile import Profile
from serinus.application.identity.sign_in import SignIn
from serinus.infrastructure.background import Background
from serinus.infrastructure.credentials.access_tokens import SignedAccessTokens
from serinus.infrastructure.credentials.derivation import derive
from serinus.infrastructure.credentials.password_hashes import PasswordHashes
from serinus.infrastructure.credentials.sealing import Seal
from serinus.infrastructure.postgres.account_book import PostgresAccountBook
from serinus.infrastructure.postgres.accounts import PostgresAccounts
from serinus.infrastructure.postgres.api_keys import PostgresApiKeys
from serinus.infrastructure.postgres.audit_log import PostgresAuditLog
from serinus.infrastructure.postgres.categories import PostgresCategories
from serinus.infrastructure.postgres.comments import PostgresComments
from serinus.infrastructure.postgres.failures import translate_errors
from serinus.infrastructure.postgres.finding import PostgresFinder
from serinus.infrastructure.postgres.idempotency import PostgresIdempotencyKeys
from serinus.infrastructure.postgres.numbered_pages import PostgresNumberedPages
from serinus.infrastructure.postgres.people import PostgresPeople
from serinus.infrastructure.postgres.pool import probe
from serinus.infrastructure.postgres.post_history import PostgresPostHistory
from serinus.infrastructure.postgres.post_reader import PostgresPostReader
from serinus.infrastructure.postgres.posts import PostgresPosts
from serinus.infrastructure.postgres.search import PostgresSearch
from serinus.infrastructure.postgres.sessions import PostgresSessions
from serinus.infrastructure.postgres.tags import PostgresTags
from serinus.infrastructure.rendering import CommentRendering, HtmlRendering
from serinus.infrastructure.settings import Settings
from serinus.presentation.http.asgi import App
from serinus.presentation.http.v1.app import build_v1
from serinus.presentation.http.v1.services import V1Services
from serinus.presentation.http.v2.app import Services, build_v2
from serinus.presentation.http.v2.cursors import Cursors
from serinus.presentation.http.v2.health import Readiness
from serinus.presentation.http.v2.reading import Reading
from serinus.wiring.clock import new_id, now
from serinus.wiring.documents import documentation
from serinus.wiring.keys import key_ring
from serinus.wiring.stores import Stores

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class EngineV2:
    v1: App
    v2: App
    authentication: Authentication
    passwords: PasswordHashes
    routes: tuple[str, ...]  # the templates of both applications' paths


@asynccontextmanager
async def open_engine_v2(
    settings: Settings, stores: Stores, waited: Callable[[float], None]
) -> AsyncIterator[EngineV2]:
    """`waited`: told the seconds each password waited for its turn."""
    passwords = PasswordHashes(threads=os.cpu_count() or 2, waited=waited)
    rebuilding = Background("reindexing", PostgresSearch(stores.pool).rebuild)
    try:
        yield _assembled(settings, stores, passwords, Reindexing(rebuilding.start))
    finally:
        await rebuilding.close()
        passwords.close()


def contract_v1(settings: Settings, stores: Stores, passwords: PasswordHashes) -> App:
    """Contract v1 once more, on connections that no client's request gets: it does not note
    that keys are used, and rebuilds nothing.
    """
    identity = _identity(settings, stores, passwords, noting=False)
    editing = Editing(PostgresPosts(stores.pool), now=now, new_id=new_id)
    v1 = build_v1(_v1_services(stores, identity, editing, Reindexing(lambda: None)))
    return cast("App", v1)


@dataclass(frozen=True, slots=True)
class _Identity:
    authentication: Authentication
    sign_in: SignIn
    profile: Profile
    membership: Membership
    key_ring: KeyRing


def _assembled(
    settings: Settings, stores: Stores, passwords: PasswordHashes, reindexing: Reindexing
) -> EngineV2:
    identity = _identity(settings, stores, passwords)
    editing = Editing(PostgresPosts(stores.pool), now=now, new_id=new_id)
    v1 = build_v1(_v1_services(stores, identity, editing, reindexing))
    v2 = build_v2(_v2_services(settings, stores, identity, editing))
    return EngineV2(
        cast("App", v1),
        cast("App", v2),
        identity.authentication,
        passwords,
        tuple(route.path for app in (v1, v2) for route in app.routes),
    )


def _v1_services(
    stores: Stores, identity: _Identity, editing: Editing, reindexing: Reindexing
) -> V1Services:
    people = PostgresPeople(stores.pool)
    return V1Services(
        sign_in=identity.sign_in,
        authentication=identity.authentication,
        key_ring=identity.key_ring,
        people=People(people, PostgresAccounts(stores.pool), now),
        people_reader=people,
        editing=editing,
        posts=PostgresPosts(stores.pool),
        post_reader=PostgresPostReader(stores.pool),
        pages=PostgresNumberedPages(stores.pool),
        search=PostgresSearch(stores.pool),
        reindexing=reindexing,
        database=lambda: _ready(stores),
        cache=stores.redis.ping if stores.redis else None,
        version=serinus.__version__,
        started_at=now(),
        now=now,
    )


def _v2_services(
    settings: Settings, stores: Stores, identity: _Identity, editing: Editing
) -> Services:
    tags, categories = PostgresTags(stores.pool), PostgresCategories(stores.pool)
    return Services(
        authentication=identity.authentication,
        sign_in=identity.sign_in,
        profile=identity.profile,
        membership=identity.membership,
        key_ring=identity.key_ring,
        editing=editing,
        revising=Revising(editing, PostgresPostHistory(stores.pool)),
        batching=Batching(editing, PostgresPosts(stores.pool)),
        tagging=Tagging(tags, now=now, new_id=new_id),
        categorising=Categorising(categories, now=now, new_id=new_id),
        discussing=_discussing(settings, stores),
        reading=_reading(settings, stores),
        readiness=Readiness(lambda: _ready(stores), now),
        documentation=documentation(),
        idempotency_keys=PostgresIdempotencyKeys(
            stores.pool, Seal(settings.serinus_secret_key)
        ),
        now=now,
    )


def _reading(settings: Settings, stores: Stores) -> Reading:
    return Reading(
        posts=PostgresPostReader(stores.pool),
        revisions=PostgresPostHistory(stores.pool),
        tags=PostgresTags(stores.pool),
        categories=PostgresCategories(stores.pool),
        people=PostgresPeople(stores.pool),
        keys=PostgresApiKeys(stores.pool),
        audit=PostgresAuditLog(stores.pool),
        finder=PostgresFinder(stores.pool),
        comments=PostgresComments(stores.pool),
        render=HtmlRendering(),
        render_comment=CommentRendering(),
        cursors=_cursors(settings),
    )


def _discussing(settings: Settings, stores: Stores) -> Discussing:
    async def throttle(whose: str) -> int:
        decision = await stores.limiter.hit(
            f"comment:{whose}", limit=settings.serinus_comment_rate_limit
        )
        return 0 if decision.allowed else max(1, decision.retry_after)

    return Discussing(
        comments=PostgresComments(stores.pool),
        throttle=throttle,
        guests_welcome=settings.serinus_guest_comments,
        now=now,
        new_id=new_id,
    )


def _identity(
    settings: Settings, stores: Stores, passwords: PasswordHashes, *, noting: bool = True
) -> _Identity:
    tokens = SignedAccessTokens(
        settings.serinus_secret_key, lifetime=settings.serinus_access_ttl
    )
    accounts, sessions = PostgresAccounts(stores.pool), PostgresSessions(stores.pool)
    keys = PostgresApiKeys(stores.pool, noting=noting)
    return _Identity(
        authentication=Authentication(tokens, sessions, keys, now),
        sign_in=SignIn(
            accounts=accounts,
            sessions=sessions,
            passwords=passwords,
            tokens=tokens,
            limits=stores.sign_in_limits,
            common_passwords=stores.common_passwords,
            now=now,
            new_id=new_id,
            new_token=lambda: secrets.token_urlsafe(TOKEN_BYTES),
        ),
        profile=Profile(
            accounts=accounts,
            sessions=sessions,
            passwords=passwords,
            limits=stores.sign_in_limits,
            common_passwords=stores.common_passwords,
            now=now,
        ),
        membership=Membership(
            people=People(PostgresPeople(stores.pool), accounts, now),
            accounts=accounts,
            new_accounts=PostgresAccountBook(stores.pool),
            passwords=passwords,
            common_passwords=stores.common_passwords,
            now=now,
            new_id=new_id,
        ),
        key_ring=key_ring(stores.pool),
    )


def _cursors(settings: Settings) -> Cursors:
    return Cursors(
        [
            derive(secret, b"serinus/cursor/hmac-sha256")
            for secret in settings.serinus_secret_key
        ]
    )


async def _ready(stores: Stores) -> None:
    """Raise `Unavailable` while the database does not answer."""
    with translate_errors():
        await probe(stores.pool)
