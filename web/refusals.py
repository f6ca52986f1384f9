"""The page that says why there is no page."""

from flask import render_template, request
from flask_babel import gettext
from flask_login import current_user


def page(code: int, reason: str) -> tuple[str, int]:
    """The error page for an HTTP status; without a reason, in the words of the status."""
    text = reason or _words(code)
    bare = bool(request.headers.get("HX-Request")) or not request.accept_mimetypes.accept_html
    if bare:
        return text, code
    # A page that failed must not fail again on what stands around it.
    template = "refusal.html" if current_user.is_authenticated and code < 500 else "refusal_bare.html"
    return render_template(template, code=code, text=text), code


def _words(code: int) -> str:
    words = {
        401: gettext("Sign in first."),
        403: gettext("This page is for admins."),
        404: gettext("There is nothing here. It may have been moved or removed, or the address is wrong."),
        405: gettext("This address is for forms. Go back and use the button."),
        413: gettext("That is too much at once."),
        429: gettext("Too many requests. Wait a minute and try again."),
        503: gettext("Busy. Try again in a moment."),
    }
    if code in words:
        return str(words[code])
    return str(gettext("Something went wrong on our side. It has been noted; try again in a minute."))
