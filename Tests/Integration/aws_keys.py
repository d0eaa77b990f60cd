"""Credentials that the tests' AWS hands out, and the check of what is signed with them.

A signature is recomputed by botocore's own signer over the bytes that were received, so that
nothing here can share a mistake with the signer under test.
"""

import hashlib
import math
import re
import secrets
import threading
import time
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from upstream import Exchange

REGION = "us-east-1"
#: How far a request's clock may be from the service's, in seconds.
WINDOW = 300
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/\s]+)/(\d{8})/([^/\s]+)/([^/\s]+)/aws4_request, *"
    r"SignedHeaders=([a-z0-9;-]+), *Signature=([0-9a-f]{64})")


@dataclass(frozen=True)
class Key:
    identifier: str
    secret: str
    token: str | None
    #: Seconds since 1970 from which on it is refused; None for a long-term key.
    expires_at: int | None
    #: Who handed it out: `static`, `AssumeRole`, `container`, …
    source: str

    @property
    def expiration(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expires_at))


class Refused(Exception):
    """Why a request is not let in: an exception's name as AWS has it, a text, a status."""

    def __init__(self, name: str, message: str, status: int = 403) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message, self.status = name, message, status


def stamp(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


class Keyring:
    """Every credential that AWS knows; also its clock, which a test may set wrong."""

    def __init__(self, region: str = REGION) -> None:
        self.region = region
        #: Seconds by which the service's clock is ahead of this machine's.
        self.clock_offset = 0.0
        self.keys: dict[str, Key] = {}
        #: Those that AWS does not know any more; they stay secrets.
        self.revoked: set[Key] = set()
        self.bearers: set[str] = set()
        self.lock = threading.Lock()

    def now(self) -> float:
        return time.time() + self.clock_offset

    def issue(self, source: str = "static", lifetime: float | None = None) -> Key:
        """A new key; one with a lifetime in seconds is temporary and has a session token."""
        temporary = lifetime is not None
        expires_at = math.ceil(self.now() + lifetime) if temporary else None
        token = "IQoJ//" + secrets.token_hex(24) + "+/==" if temporary else None
        number = secrets.token_hex(8).upper()
        key = Key(("ASIA" if temporary else "AKIA") + number, "s/ecret+" + secrets.token_hex(16),
                  token, expires_at, source)
        with self.lock:
            self.keys[key.identifier] = key
        return key

    def issue_bearer(self) -> str:
        token = "ABSK" + secrets.token_hex(24) + "="
        self.bearers.add(token)
        return token

    def revoke(self, key: Key) -> None:
        self.revoked.add(key)

    def secrets(self) -> set[str]:
        """What must never be seen in a log, a metric or an answer."""
        with self.lock:
            keys = list(self.keys.values())
        return {key.secret for key in keys} | {key.token for key in keys if key.token} | self.bearers

    def verify(self, exchange: Exchange, service: str) -> Key:
        """The key a request is signed with; `Refused` as the service would say it."""
        authorization = exchange.header("authorization")
        if authorization is None:
            raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        match = AUTHORIZATION.fullmatch(authorization)
        if match is None:
            raise Refused("IncompleteSignatureException",
                          "Authorization header requires 'Credential' parameter.", 400)
        identifier, date, region, scoped, names, signature = match.groups()
        key = self._known(identifier, exchange.header("x-amz-security-token"))
        if region != self.region:
            raise Refused("InvalidSignatureException",
                          "Credential should be scoped to a valid region. ")
        if scoped != service:
            raise Refused("InvalidSignatureException",
                          f"Credential should be scoped to correct service: '{service}'. ")
        self._in_time(exchange.header("x-amz-date") or "", date)
        signed = names.split(";")
        self._signed_enough(exchange, signed)
        canonical, expected = recompute(exchange, key, region, service, signed)
        if not secrets.compare_digest(expected, signature):
            raise Refused(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. "
                f"The Canonical String for this request should have been\n'{canonical}'")
        return key

    def _known(self, identifier: str, token: str | None) -> Key:
        key = self.keys.get(identifier)
        if key is None or key in self.revoked or key.token != token:
            raise Refused("UnrecognizedClientException",
                          "The security token included in the request is invalid.")
        if key.expires_at is not None and self.now() >= key.expires_at:
            raise Refused("ExpiredTokenException",
                          "The security token included in the request is expired")
        return key

    def _in_time(self, sent: str, date: str) -> None:
        try:
            at = int(time.mktime(time.strptime(sent, "%Y%m%dT%H%M%SZ")) - time.timezone)
        except ValueError:
            raise Refused("IncompleteSignatureException", f"Date must be in ISO-8601: {sent!r}",
                          400) from None
        if sent[:8] != date:
            raise Refused("InvalidSignatureException",
                          f"Date in Credential scope does not match YYYYMMDD from {sent}")
        now = self.now()
        if at < now - WINDOW:
            raise Refused("InvalidSignatureException",
                          f"Signature expired: {sent} is now earlier than {stamp(now - WINDOW)} "
                          f"({stamp(now)} - 5 min.)")
        if at > now + WINDOW:
            raise Refused("InvalidSignatureException",
                          f"Signature not yet current: {sent} is still later than "
                          f"{stamp(now + WINDOW)} ({stamp(now)} + 5 min.)")

    def _signed_enough(self, exchange: Exchange, signed: list[str]) -> None:
        present = {name for name, _ in exchange.headers}
        needed = {"host", "x-amz-date"} | {
            name for name in present if name == "content-type" or name.startswith("x-amz-")}
        if signed != sorted(set(signed)) or not needed <= set(signed) <= present:
            raise Refused("InvalidSignatureException",
                          f"Of the headers {sorted(needed)} must be signed, not {signed}")


def recompute(
    exchange: Exchange, key: Key, region: str, service: str, signed: list[str]
) -> tuple[str, str]:
    """Canonical request and signature by botocore, over the bytes as they came."""
    # The signer leaves out a port of 80, as a client does; the host header is signed as it came.
    url = f"http://{exchange.header('host')}{exchange.target}"
    request = AWSRequest(exchange.method, url, data=exchange.body)
    for name, value in exchange.headers:
        if name in signed:
            request.headers.add_header(name, value)
    stated = exchange.header("x-amz-content-sha256")
    if stated and stated != hashlib.sha256(exchange.body).hexdigest():
        raise Refused("InvalidSignatureException", "The body is not what x-amz-content-sha256 says")
    request.context["timestamp"] = exchange.header("x-amz-date")
    signer = SigV4Auth(Credentials(key.identifier, key.secret, key.token), service, region)
    canonical = signer.canonical_request(request)
    return canonical, signer.signature(signer.string_to_sign(request, canonical), request)
