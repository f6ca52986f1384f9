"""OpenID Connect: discovery, the authorization code flow with PKCE, and an ID token that is checked.

OpenID Connect Core 1.0 §3.1, Discovery 1.0 §4, RFC 7636 (S256), RFC 9207 (issuer in the answer). No secret, code or
token is ever part of an error.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mailcrm.errors import Refused, ServerUnavailable

_TIMEOUT = 10.0
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures with a public key alone: an HMAC would let whoever knows the client secret sign in as anybody."""
_LEEWAY = 120
"""Seconds that the clocks of the two machines may differ."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider and who we are there."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Journey:
    """What is remembered while the browser is at the provider; it must come back to the same browser."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who came back. `verified` is None where the provider does not say whether the address is his."""

    issuer: str
    subject: str
    email: str
    verified: bool | None
    name: str


def begin(provider: Provider, redirect_uri: str) -> tuple[str, Journey]:
    """The address to send the browser to, and what to remember. Raises ServerUnavailable."""
    journey = Journey(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
    with _session(provider, redirect_uri) as session:
        found = _discover(session, provider)
        address, _ = session.create_authorization_url(
            found["authorization_endpoint"],
            state=journey.state,
            nonce=journey.nonce,
            code_verifier=journey.verifier,
        )
    return str(address), journey


def finish(provider: Provider, journey: Journey, redirect_uri: str, answer: dict[str, str], now: datetime) -> Claims:
    """Who came back with these parameters. Raises Refused where anything is not as it must be, ServerUnavailable."""
    if not secrets.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
        raise Refused("This sign-in was not begun here, or too long ago: begin again.")
    if answer.get("iss", provider.issuer).rstrip("/") != provider.issuer.rstrip("/") or not answer.get("code"):
        raise Refused("The identity provider did not sign you in.")
    with _session(provider, redirect_uri) as session:
        found = _discover(session, provider)
        token = _fetch(session, found, answer["code"], journey)
        keys = _json(session, found["jwks_uri"])
    try:
        key_set = KeySet.import_key_set({"keys": [key for key in keys.get("keys", []) if key.get("use") != "enc"]})
        decoded = jwt.decode(str(token.get("id_token", "")), key_set, algorithms=_ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": found["issuer"]},
            "aud": {"essential": True, "value": provider.client_id},
        }
        params = {"nonce": journey.nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise Refused("What the identity provider sent cannot be trusted.") from None
    return _claims(claims)


def _claims(found: Any) -> Claims:
    verified = found.get("email_verified")
    if isinstance(verified, str):  # some providers write "true"
        verified = verified.casefold() == "true"
    email, name = found.get("email"), found.get("name")
    return Claims(
        str(found["iss"]),
        str(found["sub"])[:255],
        email if isinstance(email, str) else "",
        verified if isinstance(verified, bool) else None,
        name if isinstance(name, str) else "",
    )


def _session(provider: Provider, redirect_uri: str) -> OAuth2Session:
    return OAuth2Session(
        provider.client_id,
        provider.client_secret or None,
        scope="openid email profile",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if provider.client_secret else "none",
    )


def _discover(session: OAuth2Session, provider: Provider) -> dict[str, Any]:
    found = _json(session, provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(isinstance(found.get(name), str) for name in needed):
        raise ServerUnavailable(f"{provider.issuer} does not describe itself as an identity provider should.")
    if found["issuer"].rstrip("/") != provider.issuer.rstrip("/"):
        raise ServerUnavailable(f"{provider.issuer} calls itself otherwise: correct sign_in.oidc.issuer.")
    return found


def _json(session: OAuth2Session, address: str) -> dict[str, Any]:
    try:
        answer = session.get(address, withhold_token=True, timeout=_TIMEOUT)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError):
        raise ServerUnavailable("The identity provider does not answer.") from None
    return found if isinstance(found, dict) else {}


def _fetch(session: OAuth2Session, found: dict[str, Any], code: str, journey: Journey) -> dict[str, Any]:
    try:
        token = session.fetch_token(
            found["token_endpoint"], code=code, code_verifier=journey.verifier, timeout=_TIMEOUT
        )
    except OAuthError:
        raise Refused("The identity provider did not sign you in.") from None
    except (requests.RequestException, ValueError):
        raise ServerUnavailable("The identity provider does not answer.") from None
    return dict(token)
