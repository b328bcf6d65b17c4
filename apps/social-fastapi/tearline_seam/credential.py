"""Both sides prove that they know the secret, for one connection and in one role, so that no proof can be replayed."""
import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Optional

MIN_SECRET_LENGTH = 16


@dataclass(frozen=True)
class Credential:
    """What hosts know one another by: a secret, and the deployment to which they belong."""

    secret: str
    deployment: Optional[str] = None

    def __post_init__(self) -> None:
        if len(self.secret) < MIN_SECRET_LENGTH:
            raise ValueError(f"the secret between hosts must have at least {MIN_SECRET_LENGTH} characters")

    def proof(self, role: str, challenge: str, answer: str) -> str:
        text = f"tearline {role}\n{challenge}\n{answer}".encode()
        return base64url(hmac.new(self.secret.encode(), text, hashlib.sha256).digest())

    def other_deployment(self, peer: Any) -> Optional[str]:
        """Returns why a peer with the right secret is refused."""
        if self.deployment is None or not isinstance(peer, str) or peer == self.deployment:
            return None
        return f"belongs to deployment '{peer[:64]}', this host to '{self.deployment}'"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sha256(text: str) -> str:
    return base64url(hashlib.sha256(text.encode()).digest())


def nonce() -> str:
    return base64url(secrets.token_bytes(24))


def is_proof(given: Any, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
