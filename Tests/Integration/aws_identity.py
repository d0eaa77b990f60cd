"""Where credentials come from: STS, the container endpoint and IMDSv2, on one loopback port.

    POST /                                   STS: AssumeRole, AssumeRoleWithWebIdentity
    GET  /v1/credentials                     EKS Pod Identity; `Authorization` is a token's text
    GET  /v2/credentials/…                   ECS
    PUT  /latest/api/token, GET /latest/…    IMDSv2
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from aws_keys import Key, Keyring, Refused
from bedrock_shapes import STS, violations
from upstream import Exchange, Upstream

IMDS = "/latest/meta-data/iam/security-credentials/"
#: The kinds of calls that are counted and that can be made to fail.
KINDS = ("AssumeRole", "AssumeRoleWithWebIdentity", "container", "imds-token", "imds-role",
         "imds-credentials")
#: Bedrock's names for what STS calls otherwise.
STS_NAMES = {"UnrecognizedClientException": "InvalidClientTokenId",
             "ExpiredTokenException": "ExpiredToken",
             "InvalidSignatureException": "SignatureDoesNotMatch",
             "MissingAuthenticationTokenException": "MissingAuthenticationToken"}


@dataclass
class Grant:
    """A credential that was handed out, and what it was asked for with."""

    kind: str
    key: Key
    fields: dict[str, str]
    #: What the call for it was signed with.
    base: Key | None = None


class Identity:
    """Hands out credentials of `lifetime` seconds."""

    def __init__(self, keys: Keyring) -> None:
        self.keys = keys
        self.server = Upstream(self._answer)
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """As it was at first; a test starts clean."""
        self.lifetime = 3600.0
        self.calls: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.grants: list[Grant] = []
        #: Tokens that are taken; any, where there are none.
        self.web_tokens: set[str] = set()
        self.pod_tokens: set[str] = set()
        #: Roles that nobody may assume.
        self.denied: set[str] = set()
        self.node_role = "node-role"
        self.metadata_tokens: set[str] = set()
        self.failures: dict[str, list[Callable[[Exchange], None]]] = {kind: [] for kind in KINDS}

    def stop(self) -> None:
        self.server.stop()

    @property
    def base(self) -> str:
        return f"http://{self.server.host}:{self.server.port}"

    @property
    def container_uri(self) -> str:
        return self.base + "/v1/credentials"

    def fail(
        self, kind: str, times: int = 1, status: int = 500, code: str = "InternalFailure",
        message: str = "not now", delay: float = 0.0,
    ) -> None:
        """The next calls of this kind fail, each after a delay in seconds."""

        def act(exchange: Exchange) -> None:
            time.sleep(delay)
            refusal = Refused(code, message, status)
            (sts_error if kind.startswith("Assume") else json_error)(exchange, refusal)

        self.failures[kind] += [act] * times

    def expire_metadata_tokens(self) -> None:
        self.metadata_tokens.clear()

    # Answers

    def _answer(self, exchange: Exchange) -> None:
        dated(exchange, self.keys.now())
        path = exchange.path
        if exchange.method == "POST" and path == "/":
            return self._sts(exchange)
        if exchange.method == "GET" and path.startswith(("/v1/credentials", "/v2/credentials/")):
            return self._container(exchange)
        if path.startswith("/latest/"):
            return self._metadata(exchange)
        json_error(exchange, Refused("NotFound", f"{exchange.method} {path}", 404))

    def _fails(self, kind: str, exchange: Exchange) -> bool:
        with self.lock:
            self.calls[kind] += 1
            act = self.failures[kind].pop(0) if self.failures[kind] else None
            self.failed[kind] += act is not None
        if act:
            act(exchange)
        return act is not None

    def _grant(self, kind: str, fields: dict[str, str], base: Key | None = None) -> Key:
        key = self.keys.issue(kind, self.lifetime)
        with self.lock:
            self.grants.append(Grant(kind, key, fields, base))
        return key

    def _sts(self, exchange: Exchange) -> None:
        fields = dict(parse_qsl(exchange.body.decode(), keep_blank_values=True,
                                strict_parsing=True))
        kind = fields.get("Action", "")
        if kind not in KINDS or fields.get("Version") != "2011-06-15":
            return sts_error(exchange, Refused("InvalidAction", f"no action {kind!r}", 400))
        if self._fails(kind, exchange):
            return
        try:
            base = self.keys.verify(exchange, "sts") if kind == "AssumeRole" else None
            self._judge(kind, fields, exchange)
        except Refused as refused:
            return sts_error(exchange, refused)
        key = self._grant(kind, fields, base)
        role = fields["RoleArn"].split("/")[-1]
        result = (
            f"<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/{escape(role)}/"
            f"{escape(fields['RoleSessionName'])}</Arn><AssumedRoleId>AROA:x</AssumedRoleId>"
            f"</AssumedRoleUser><Credentials><SessionToken>{escape(key.token or '')}"
            f"</SessionToken><AccessKeyId>{key.identifier}</AccessKeyId>"
            f"<SecretAccessKey>{escape(key.secret)}</SecretAccessKey>"
            f"<Expiration>{key.expiration}</Expiration></Credentials>")
        exchange.answer(
            (f'<{kind}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n'
             f"  <{kind}Result>{result}</{kind}Result>\n"
             "  <ResponseMetadata><RequestId>c6104cbe-af31</RequestId></ResponseMetadata>\n"
             f"</{kind}Response>\n").encode(), headers=[("Content-Type", "text/xml")])

    def _judge(self, kind: str, fields: dict[str, str], exchange: Exchange) -> None:
        known: dict[str, object] = {
            name: value for name, value in fields.items() if name not in ("Action", "Version")}
        if "DurationSeconds" in known:
            known["DurationSeconds"] = int(fields["DurationSeconds"])
        if wrong := violations(known, STS.operation_model(kind).input_shape):
            raise Refused("ValidationError", wrong[0], 400)
        if fields["RoleArn"] in self.denied:
            raise Refused("AccessDenied", f"Not authorized to perform: sts:{kind}")
        if kind == "AssumeRoleWithWebIdentity":
            if exchange.header("authorization"):
                raise Refused("SignatureDoesNotMatch", "This call is not signed")
            if self.web_tokens and fields["WebIdentityToken"] not in self.web_tokens:
                raise Refused("InvalidIdentityToken", "The token is not one of ours", 400)

    def _container(self, exchange: Exchange) -> None:
        if self._fails("container", exchange):
            return
        token = exchange.header("authorization") or ""
        if self.pod_tokens and token not in self.pod_tokens:
            refusal = Refused("AccessDeniedException", "The token is not one of ours", 401)
            return json_error(exchange, refusal)
        key = self._grant("container", {"authorization": token})
        exchange.answer({"AccessKeyId": key.identifier, "SecretAccessKey": key.secret,
                         "Token": key.token, "AccountId": "123456789012",
                         "Expiration": key.expiration})

    def _metadata(self, exchange: Exchange) -> None:
        path = exchange.path
        if path == "/latest/api/token":
            if self._fails("imds-token", exchange):
                return None
            seconds = exchange.header("x-aws-ec2-metadata-token-ttl-seconds") or ""
            if exchange.method != "PUT" or not seconds.isdigit() or not 1 <= int(seconds) <= 21600:
                return plain(exchange, "", 400)
            token = f"metadata-token-{len(self.metadata_tokens)}-{time.monotonic_ns()}"
            self.metadata_tokens.add(token)
            return plain(exchange, token)
        kind = "imds-role" if path == IMDS else "imds-credentials"
        if self._fails(kind, exchange):
            return None
        if exchange.header("x-aws-ec2-metadata-token") not in self.metadata_tokens:
            return plain(exchange, "", 401)
        if path == IMDS:
            return plain(exchange, self.node_role + "\n")
        if path != IMDS + self.node_role:
            return plain(exchange, "", 404)
        key = self._grant(kind, {})
        return plain(exchange, json.dumps({
            "Code": "Success", "LastUpdated": "2026-01-01T00:00:00Z", "Type": "AWS-HMAC",
            "AccessKeyId": key.identifier, "SecretAccessKey": key.secret, "Token": key.token,
            "Expiration": key.expiration}))


def dated(exchange: Exchange, now: float) -> None:
    """Gives what is answered the service's date."""
    answer = exchange.answer

    def with_date(
        body: object, status: int = 200, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        answer(body, status, [("Date", formatdate(now, usegmt=True)), *headers])

    exchange.answer = with_date


def plain(exchange: Exchange, text: str, status: int = 200) -> None:
    exchange.answer(text.encode(), status, [("Content-Type", "text/plain")])


def json_error(exchange: Exchange, refused: Refused) -> None:
    exchange.answer({"code": refused.name, "message": refused.message}, refused.status)


def sts_error(exchange: Exchange, refused: Refused) -> None:
    name = STS_NAMES.get(refused.name, refused.name)
    exchange.answer(
        (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
         f"<Type>Sender</Type><Code>{name}</Code><Message>{escape(refused.message)}</Message>"
         "</Error><RequestId>8f0a-4c31</RequestId></ErrorResponse>").encode(),
        refused.status, [("Content-Type", "text/xml")])
