"""Opening: connect, encrypt, greet and sign in with aiosmtplib, then take its connection over.

A client of aiosmtplib is used for one connection and thrown away at any trouble: after a timeout it would give a late
reply to the next command, and a second `connect` on it would wait for ever.
"""

import asyncio
import ssl

import aiosmtplib

from mailcrm.mailing.answer import Answer, answer
from mailcrm.net.smtp.line import Line, transport_of
from mailcrm.net.smtp.values import Features, SmtpFailed, SmtpLogin, SmtpServer


async def open_line(server: SmtpServer, login: SmtpLogin | None) -> Line:
    """A connection that is ready for MAIL. Raises SmtpFailed: phase "auth" where the sign-in was refused, else
    "connect"."""
    client = _client(server)
    phase = "connect"
    try:
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if login is not None:
            phase = "auth"
            await client.login(login.user, login.password)
        features = _features(client)
        return Line(transport_of(client.transport), features)
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError, ValueError) as error:
        client.close()
        raise SmtpFailed(_answer(phase, error)) from error
    except asyncio.CancelledError:
        client.close()
        raise


def _client(server: SmtpServer) -> aiosmtplib.SMTP:
    context = None if server.tls == "plain" else ssl.create_default_context(cafile=server.ca_file)
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        timeout=server.connect_timeout,
        use_tls=server.tls == "implicit",
        start_tls=server.tls == "starttls",
        tls_context=context,
    )


def _features(client: aiosmtplib.SMTP) -> Features:
    named = {name.lower(): value for name, value in client.esmtp_extensions.items()}
    size = named.get("size", "").strip()
    return Features(frozenset(named), int(size) if size.isdecimal() else 0, tuple(client.supported_auth_methods))


def _answer(phase: str, error: Exception) -> Answer:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return answer(phase, error.code, error.message)
    return Answer(phase, 0, " ".join((str(error) or type(error).__name__).split()))
