"""Which passwords are accepted. How they are hashed is infrastructure's business."""

from collections.abc import Set as AbstractSet

from serinus.domain.errors import Violation

MIN_LENGTH, MAX_LENGTH = 8, 128


def password_violations(
    password: str, *, username: str, common: AbstractSet[str], field: str = "password"
) -> list[Violation]:
    """Length, blocklist and context, as NIST SP 800-63B, section 3.1.1.2, asks.

    No composition rules: they make passwords worse.

    `common` holds lower-case passwords.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        code = "too_short" if len(password) < MIN_LENGTH else "too_long"
        text = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters"
        return [Violation(field, code, text, {"min": MIN_LENGTH, "max": MAX_LENGTH})]
    if password.lower() in common:
        return [Violation(field, "too_common", "this password is among the most common ones")]
    if password.casefold() == username.casefold():
        return [Violation(field, "same_as_username", "the password must not be the user name")]
    return []
