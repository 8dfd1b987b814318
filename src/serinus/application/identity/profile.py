"""What people do with their own account: the profile, the password, the sessions."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from serinus.application.identity.authentication import Authenticated
from serinus.application.identity.ports import (
    Accounts,
    Clock,
    NewPassword,
    Passwords,
    Sessions,
)
from serinus.application.identity.sign_in import SignInLimits
from serinus.domain.errors import Stale, Violation, refuse
from serinus.domain.identity.accounts import Account, account_violations, cleaned
from serinus.domain.identity.caller import Caller, SessionId
from serinus.domain.identity.passwords import MAX_LENGTH, password_violations
from serinus.domain.identity.sessions import EndReason, Session, SessionNotFound


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """`current` is None when the caller left it out."""

    new: str = field(repr=False)
    current: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    limits: SignInLimits
    common_passwords: AbstractSet[str]
    now: Clock

    async def change(
        self,
        signed_in: Authenticated,
        edit: Callable[[Account], Account],
        *,
        password: PasswordChange | None = None,
        version: int | None,
    ) -> Account:
        """`version`: what the caller saw; None overwrites whatever is there.

        Raise `Forbidden`, `Stale`, `Invalid`, `UsernameTaken`, `EmailTaken`, `TooMany`.
        """
        signed_in.caller.need_grant("users:admin")
        if password is not None:
            # Before the current one is looked at: no program tries out passwords here.
            signed_in.caller.own_session()
        stored = signed_in.account
        if version is not None and version != stored.version:
            raise Stale(stored.version)
        edited = cleaned(edit(stored), stored)
        await self._check(stored, edited, password)
        if edited == stored and password is None:
            return stored
        return await self.accounts.save(
            replace(edited, updated_at=self.now()),
            password=await self._hashed(password, signed_in.caller),
        )

    async def live_sessions(self, caller: Caller) -> Sequence[Session]:
        """Newest first, at most a hundred. Raise `Forbidden`."""
        caller.own_session()
        return await self.sessions.of_user(caller.id, at=self.now())

    async def end_session(self, caller: Caller, session_id: SessionId) -> None:
        """Raise `SessionNotFound` for those of others, too; `Forbidden`."""
        caller.own_session()
        if not await self.sessions.end(session_id, caller.id, EndReason.ENDED, at=self.now()):
            raise SessionNotFound("you have no such session")

    async def _check(
        self, stored: Account, edited: Account, password: PasswordChange | None
    ) -> None:
        violations = account_violations(edited)
        if password is not None:
            violations += password_violations(
                password.new, username=edited.username, common=self.common_passwords
            )
            violations += await self._current_violations(stored, password.current)
        refuse(violations)

    async def _current_violations(
        self, account: Account, current: str | None
    ) -> list[Violation]:
        if not current:
            text = "the current password is needed for a new one"
            return [Violation("current_password", "required", text)]
        # Whoever found an open session must not try out passwords faster than at the door.
        await self.limits.admit(client=None, email=account.email)
        stored = await self.accounts.password_hash(account.id)
        if await self.passwords.verify(current[: MAX_LENGTH + 1], stored):
            return []
        return [Violation("current_password", "incorrect", "this is not your password")]

    async def _hashed(
        self, password: PasswordChange | None, caller: Caller
    ) -> NewPassword | None:
        if password is None:
            return None
        return NewPassword(await self.passwords.hash(password.new), keep=caller.own_session())
