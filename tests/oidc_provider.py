"""A small identity provider (OpenID Connect) that listens on this machine and can be told to misbehave."""

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

from tests.servers import free_port

CLIENT_ID, CLIENT_SECRET = "mailcrm", "a secret of the client"


@dataclass
class Identity:
    """The provider and what it says of whoever is sent to it."""

    issuer: str
    redirect_uri: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Of the next ID token, on top of the right ones; a value of None leaves one out."""
    algorithm: str = "RS256"
    foreign_key: bool = False
    """Sign with a key that is not among the published ones."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, asked: dict[str, str]) -> str:
        """A signed ID token."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"sub": "anna-1", "email": "anna@example.com", "email_verified": True, "name": "Anna L."}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.algorithm == "HS256":
            secret = OctKey.import_key(CLIENT_SECRET)
            return jwt.encode({"alg": "HS256", "kid": "one"}, claims, secret, algorithms=["HS256"])
        if self.algorithm == "none":
            head, body = (
                base64.urlsafe_b64encode(repr(one).replace("'", '"').replace("True", "true").encode())
                .decode()
                .rstrip("=")
                for one in ({"alg": "none"}, claims)
            )
            return f"{head}.{body}."
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.other if self.foreign_key else self.key)


def _app(who: Identity) -> Flask:
    app = Flask(__name__)

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return jsonify({"issuer": who.issuer, **{name: f"{who.issuer}/{path}" for name, path in ends.items()}})

    @app.get("/keys")
    def keys() -> Response:
        return jsonify({"keys": [who.key.as_dict(private=False)]})

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = secrets.token_urlsafe(16)
        who.codes[code] = dict(asked)
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    @app.post("/token")
    def token() -> Any:
        asked = who.codes.pop(request.form.get("code", ""), None)
        sent = request.authorization
        known = sent is not None and (sent.username, sent.password) == (CLIENT_ID, CLIENT_SECRET)
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not asked or not known or asked["code_challenge"] != challenge:
            return jsonify({"error": "invalid_grant"}), 400
        if asked["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify({"error": "invalid_grant"}), 400
        return jsonify({"access_token": "x", "token_type": "Bearer", "id_token": who.token(asked)})

    return app


@contextmanager
def provider() -> Iterator[Identity]:
    """The provider, listening until the block ends."""
    port = free_port()
    who = Identity(f"http://127.0.0.1:{port}")
    server = make_server("127.0.0.1", port, _app(who), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield who
    finally:
        server.shutdown()
