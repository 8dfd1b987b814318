"""Keys for each purpose, all from the service's secret keys."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 32  # bytes


def derive(secret: str, purpose: bytes) -> bytes:
    """HKDF (RFC 5869) with SHA-256 and no salt. Purposes keep their keys apart."""
    return HKDF(SHA256(), LENGTH, salt=None, info=purpose).derive(secret.encode())
