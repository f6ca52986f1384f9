"""The `[blobs]` of the configuration: where raw messages and attachments are kept."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from mailcrm.config_values import checked, fail, is_loopback
from mailcrm.net.blobs.place import BlobPlace, Bucket


@dataclass(frozen=True, slots=True)
class BlobSettings:
    """Where raw messages and attachments are kept."""

    kind: str = field(default="folder", metadata=checked(choices=("folder", "s3")))
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    """Empty for Amazon."""
    region: str = ""
    key_id_env: str = "AWS_ACCESS_KEY_ID"
    secret_env: str = "AWS_SECRET_ACCESS_KEY"  # noqa: S105
    """Names of environment variables; both empty for the role of the machine."""
    credentials_file: Path | None = None
    """Used instead of the variables."""


def check_blobs(settings: BlobSettings, path: Path) -> None:
    """Raises ConfigError, in words that name the file, the key and the mend."""
    if settings.kind == "s3" and not settings.bucket:
        raise fail(path, "blobs.bucket", 'is missing; kind = "s3" needs it')
    if bool(settings.key_id_env) != bool(settings.secret_env):
        raise fail(path, "blobs", "give both key_id_env and secret_env, or make both empty for the role of the machine")
    endpoint = urlsplit(settings.endpoint)
    if settings.endpoint and (endpoint.scheme not in ("https", "http") or not endpoint.hostname):
        raise fail(path, "blobs.endpoint", 'must begin with https://, such as "https://s3.example.com"')
    if endpoint.scheme == "http" and not is_loopback(endpoint.hostname or ""):
        raise fail(path, "blobs.endpoint", "http:// is only for this machine itself; use https://")
    if endpoint.username or endpoint.password:
        raise fail(path, "blobs.endpoint", "must not hold keys; name them by key_id_env and secret_env")


def blob_place(settings: BlobSettings, folder: Path, path: Path, kind: str = "") -> BlobPlace:
    """Where blobs lie, or would lie if `kind` were this one; raises ConfigError where no bucket is named."""
    if (kind or settings.kind) == "folder":
        return BlobPlace(folder)
    if not settings.bucket:
        raise fail(path, "blobs.bucket", "is missing; name the bucket that blobs are to be kept in")
    variables = ("", "") if settings.credentials_file else (settings.key_id_env, settings.secret_env)
    bucket = Bucket(settings.bucket, settings.prefix.strip("/"), settings.endpoint, settings.region, *variables)
    return BlobPlace(folder, replace(bucket, credentials_file=settings.credentials_file))
