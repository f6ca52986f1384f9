"""The headers of every answer, and the stricter ones of what came from outside."""

from urllib.parse import quote

from flask import Flask, Response, request

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FILE_POLICY = "sandbox; default-src 'none'"
"""For bytes that came by mail: wherever a browser opens them, they can do nothing."""
_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:{images}; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def protect(app: Flask) -> None:
    """Put the security headers on every answer of `app`; a view may set a stricter policy of its own."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        if "X-Frame-Options" not in response.headers and "frame-ancestors 'self'" not in _policy(response):
            response.headers["X-Frame-Options"] = "DENY"
        if request.endpoint != "static":
            # A page of somebody's mail has no business in any cache.
            response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def frame_policy(remote_images: bool) -> str:
    """The policy of the frame that shows the HTML of a message; remote images over TLS only, and only if wanted."""
    return _FRAME_POLICY.format(images=" https:" if remote_images else "")


def disposition(filename: str, fallback: str, inline: bool = False) -> str:
    """A Content-Disposition (RFC 6266) for a name from outside: quoted ASCII for old programs, RFC 8187 for all."""
    clean = "".join(c for c in filename if c.isprintable() and c not in '/\\:*?"<>|').strip(" .")[:150] or fallback
    ascii_name = clean.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(clean, safe='')}"


def _policy(response: Response) -> str:
    return str(response.headers.get("Content-Security-Policy", ""))
