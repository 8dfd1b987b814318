"""What contract v1 needs of the application."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from serinus.application.content.editing import Editing
from serinus.application.content.numbered_pages import NumberedPages
from serinus.application.content.ports import Clock, Posts
from serinus.application.content.reading import PostReader
from serinus.application.content.searching import Reindexing, SearchIndex
from serinus.application.identity.api_keys import KeyRing
from serinus.application.identity.authentication import Authentication
from serinus.application.identity.people import People, PeopleReader
from serinus.application.identity.sign_in import SignIn

#: Whether a dependency works. To raise or to hang means no as well.
Probe = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Services:
    sign_in: SignIn
    authentication: Authentication
    key_ring: KeyRing
    people: People
    people_reader: PeopleReader
    editing: Editing
    posts: Posts
    post_reader: PostReader
    pages: NumberedPages
    search: SearchIndex
    reindexing: Reindexing
    database: Probe
    cache: Probe | None  # None: there is none
    version: str
    started_at: datetime
    now: Clock
