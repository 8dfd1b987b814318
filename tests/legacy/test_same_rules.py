"""Rules that engine v1 has written down for itself are those of the domain."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from serinus.application.content.editing import writing_violations
from serinus.application.identity.sign_in import token_hash
from serinus.domain.content import slug as slugs
from serinus.domain.content import taxonomy
from serinus.domain.content.post import Text
from serinus.domain.errors import Violation
from serinus.domain.identity import accounts as domain_accounts
from serinus.domain.identity import api_keys as domain_keys
from serinus.domain.identity.caller import Role, SessionId, UserId
from serinus.domain.identity.passwords import password_violations
from serinus.infrastructure.credentials.access_tokens import SignedAccessTokens
from serinus.infrastructure.credentials.password_hashes import bcrypt_input
from serinus.legacy import names, raw_keys
from serinus.legacy import permissions as legacy_permissions
from serinus.legacy import slugs as legacy_slugs
from serinus.legacy.account_forms import Register, clean_email, clean_username
from serinus.legacy.accounts import username_key
from serinus.legacy.passwords import _for_bcrypt
from serinus.legacy.post_forms import UpdatePost
from serinus.legacy.rules import RequestBody, RuleContext
from serinus.legacy.tokens import AccessTokens, Claims, refresh_token_hash
from serinus.legacy.user_forms import ChangeRole, UpdateUser
from serinus.legacy.user_forms import role_named as legacy_role_named
from serinus.presentation.http.v1 import permissions
from serinus.presentation.http.v1.reading import role_named
from serinus.presentation.http.v1.wording import in_words
from tests.contract.v1.engines import SECRET, SEED

COMMON = frozenset({"password", "canaries"})

# Without lone surrogates: no request can bring them in.
texts = st.text(st.characters(codec="utf-8"))
near_addresses = st.from_regex(r"[\w.+@\x00- -]{0,20}@[\w.-]{0,20}", fullmatch=True)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 60))


@given(texts | long_texts)
@example("हिन्दी में")
@example("\u0130stanbul \u1e9e \ufb03")
def test_slugs(text: str) -> None:
    slug = slugs.slugify(text)

    assert legacy_slugs.slugify(text) == slug
    numbered = islice(legacy_slugs.numbered(slug), 12)
    assert list(numbered) == list(islice(slugs.candidates(slug), 12))


@given(st.lists(texts, max_size=5))
def test_tags(written: list[str]) -> None:
    assert [names.tag_key(name) for name in written] == [taxonomy.tag_key(n) for n in written]
    assert tuple(names.distinct_tags(written).values()) == taxonomy.distinct_tags(written)


@given(texts)
@example("Stra\u00dfe")
@example("\uff33trasse")
def test_user_names(name: str) -> None:
    assert username_key(name) == domain_accounts.username_key(name)
    assert clean_username(name) == domain_accounts.clean_username(name)
    assert refused(Register, username=name) == in_order(
        domain_accounts.username_violations(domain_accounts.clean_username(name))
    )


@given(texts | long_texts, st.sampled_from(["username", "first_name", "last_name"]))
def test_names_of_people_who_change_them(name: str, member: str) -> None:
    if member == "username":
        found = domain_accounts.username_violations(domain_accounts.clean_username(name))
    else:
        found = domain_accounts.name_violations(member, name)

    assert refused(UpdateUser, **{member: name}) == in_order(found)


@given(
    texts
    | st.sampled_from(Role).flatmap(
        lambda role: st.sampled_from([role, role.upper(), role.replace("_", ""), f" {role}"])
    )
)
@example("\u017fubscriber")
@example("ADM\u0130N")
def test_spellings_of_roles(name: str) -> None:
    role, legacy_role = role_named(name), legacy_role_named(name)

    assert (legacy_role and legacy_role.value) == (role and role.value)
    assert bool(refused(UpdateUser, role=name)) is (role is None)
    assert bool(refused(ChangeRole, role=name)) is (role is None)


@given(texts | near_addresses | st.emails())
@example("a@b.c")
@example("a\u00a0b@example.org")
def test_addresses(address: str) -> None:
    assert clean_email(address) == domain_accounts.clean_email(address)
    assert refused(Register, email=address) == in_order(
        domain_accounts.email_violations(domain_accounts.clean_email(address))
    )


@given(texts | st.sampled_from(["password", "PASSWORD", "Canaries", "robin hood"]), texts)
@example("robin hood", "Robin Hood")
@example("stra\u00dfe 123", " STRASSE 123")
def test_passwords(password: str, username: str) -> None:
    found = password_violations(
        password, username=domain_accounts.clean_username(username), common=COMMON
    )

    assert refused(Register, username=username, password=password) == in_order(found)
    assert _for_bcrypt(password) == bcrypt_input(password)


@given(texts | long_texts, st.sampled_from(["featured_image", "slug", "title", "content"]))
@example("https://example.org:x/", "featured_image")
@example("https://\u2100.example/", "featured_image")
@example("https://[v1.x]/", "featured_image")
@example("HTTP:///x", "featured_image")
def test_posts(value: str, member: str) -> None:
    text = Text(title="t", content="c")
    if member == "slug":
        found = writing_violations(text, value, (), ())
    else:
        # Empty, an optional member is none.
        changed: dict[str, Any] = {
            member: value or None if member == "featured_image" else value
        }
        found = writing_violations(replace(text, **changed), None, (), ())

    assert refused(UpdatePost, **{member: value}) == in_order(found)


@given(st.lists(texts | long_texts, max_size=22))
def test_tags_that_are_refused(written: list[str]) -> None:
    found = writing_violations(Text(title="t", content="c"), None, written, ())

    assert refused(UpdatePost, tags=written) == in_order(found)


def refused(form: type[RequestBody], **members: object) -> list[tuple[str, str]]:
    """What engine v1 says about these members."""
    try:
        form.model_validate(members, context=RuleContext(dict(members), COMMON))
    except ValidationError as error:
        found = [(str(each["loc"][0]), each["msg"]) for each in error.errors()]
        asked = next(reversed(members))
        return [problem for problem in found if problem[0] == asked]
    return []


def in_order(violations: list[Violation]) -> list[tuple[str, str]]:
    """What engine v2 says about them."""
    return [(problem.field, problem.message) for problem in in_words(violations)]


def test_access_tokens_are_the_same_to_the_byte() -> None:
    at = datetime(2030, 1, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    user_id, session_id = UUID(int=1), UUID(int=2)
    ours = SignedAccessTokens([SECRET], lifetime=900)
    theirs = AccessTokens((SEED,), 900)

    token = ours.issue(UserId(user_id), SessionId(session_id), at=at)

    assert theirs.issue(Claims(user_id, session_id), at) == token
    header, claims = jwt.get_unverified_header(token), _claims(token)
    assert header == {"alg": "EdDSA", "kid": header["kid"], "typ": "JWT"}
    assert len(header["kid"]) == 16
    assert claims == {
        "iss": "serinus",
        "aud": "serinus",
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": 1893499200,
        "exp": 1893499200 + 900,
    }


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 43])
def test_refresh_tokens_are_stored_alike(token: str) -> None:
    assert (
        refresh_token_hash(token)
        == token_hash(token)
        == hashlib.sha256(token.encode()).digest()
    )


def test_bcrypt_is_given_what_it_can_take() -> None:
    assert bcrypt_input("x" * 72) == b"x" * 72
    assert bcrypt_input("x" * 73) == base64.b64encode(hashlib.sha256(b"x" * 73).digest())


def _claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


@given(st.uuids())
def test_keys(key_id: UUID) -> None:
    raw = raw_keys.new_raw_key(key_id)

    assert domain_keys.key_id_in(raw) == key_id
    assert raw_keys.key_hash(raw) == domain_keys.key_hash(raw)
    assert domain_keys.is_key(raw, raw_keys.key_hash(raw))


@given(
    st.uuids(), st.integers(0, 2**256 - 1), st.integers(0, 85), st.sampled_from("0aZ_\u0663")
)
def test_the_form_of_keys(key_id: UUID, secret: int, place: int, typed: str) -> None:
    raw = domain_keys.raw_key(domain_keys.ApiKeyId(key_id), secret)
    mistyped = raw[:place] + typed + raw[place + 1 :]

    assert raw_keys.key_id_in(raw) == key_id
    assert raw_keys.key_id_in(mistyped) == domain_keys.key_id_in(mistyped)
    assert raw_keys.is_key(mistyped, domain_keys.key_hash(raw)) == (mistyped == raw)


scopes = st.lists(st.sampled_from(sorted(domain_keys.ALL_SCOPES)))


@given(scopes)
def test_permissions_for_scopes(stored: list[str]) -> None:
    assert legacy_permissions.permissions_of(stored) == permissions.permissions_of(stored)


@given(st.lists(st.sampled_from(permissions.PERMISSIONS)))
def test_scopes_for_permissions(granted: list[str]) -> None:
    scopes = dict.fromkeys(permissions.scopes_of(granted))  # as the use case stores them

    assert legacy_permissions.scopes_of(granted) == list(scopes)
    assert permissions.permissions_of(scopes) == list(dict.fromkeys(granted))
