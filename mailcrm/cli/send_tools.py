"""What sending works with, made from the configuration."""

import os
import secrets

from mailcrm.cli.setting import Setting
from mailcrm.errors import ConfigError
from mailcrm.flow.tools import CompanyAccount, SendTools
from mailcrm.net.process import is_alive, own_name
from mailcrm.net.smtp.values import SmtpLogin, SmtpServer


def send_tools(setting: Setting) -> SendTools:
    """What sending works with, as the configuration says. Raises ConfigError."""
    return SendTools(
        setting.database,
        setting.blobs,
        setting.credentials,
        worker=f"{own_name('send')}:{secrets.token_hex(4)}",
        company=_company(setting),
        is_alive=is_alive,
        base_url=setting.config.base_url,
        work=setting.work,
    )


def _company(setting: Setting) -> CompanyAccount | None:
    smtp = setting.config.smtp
    if not smtp.host:
        return None
    ca_file = str(smtp.ca_file) if smtp.ca_file else None
    server = SmtpServer(smtp.host, smtp.port, smtp.tls, ca_file)  # type: ignore[arg-type]
    login = SmtpLogin(smtp.login, _password(setting)) if smtp.login else None
    return CompanyAccount(server, smtp.address, smtp.name, login)


def _password(setting: Setting) -> str:
    smtp = setting.config.smtp
    if smtp.password_file is not None:
        try:
            return smtp.password_file.read_text("utf-8").rstrip("\n")
        except OSError as error:
            raise ConfigError(f"smtp.password_file cannot be read: {error.strerror}.") from error
    if smtp.password_env not in os.environ:
        raise ConfigError(f"smtp: the environment variable {smtp.password_env} is not set.")
    return os.environ[smtp.password_env]
