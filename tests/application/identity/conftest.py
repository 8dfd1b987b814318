"""The identity use cases over a database of their own, by a clock that stands still."""

import asyncpg
import pytest

from serinus.application.identity.authentication import Authentication
from serinus.application.identity.profile import Profile
from serinus.application.identity.sign_in import SignIn
from serinus.presentation.http.v2.app import Services
from tests.support.whole_v2 import Clock, services


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wired(pool: asyncpg.Pool, clock: Clock) -> Services:
    return services(pool, clock)


@pytest.fixture
def sign_in(wired: Services) -> SignIn:
    return wired.sign_in


@pytest.fixture
def authentication(wired: Services) -> Authentication:
    return wired.authentication


@pytest.fixture
def profile(wired: Services) -> Profile:
    return wired.profile
