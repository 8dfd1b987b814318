"""What a receiver checks a message by (Standard Webhooks, "Signature scheme").

webhook-signature = "v1," base64(HMAC-SHA256(key, id "." timestamp "." body)), one for each key
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence

from serinus.domain.release.webhook import SigningKey


def signature_headers(
    keys: Sequence[SigningKey], message_id: str, timestamp: int, body: bytes
) -> list[tuple[bytes, bytes]]:
    """`timestamp`: of this attempt, in seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        b"v1," + b64encode(hmac.digest(key.octets, signed, hashlib.sha256)) for key in keys
    ]
    return [
        (b"webhook-id", message_id.encode()),
        (b"webhook-timestamp", str(timestamp).encode()),
        (b"webhook-signature", b" ".join(signatures)),
    ]
