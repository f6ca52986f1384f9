"""The connection to a bucket: its keys, its threads, and its errors in plain words."""

import configparser
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from mailcrm.errors import ConfigError, StorageFailed
from mailcrm.net.blobs.place import Bucket

if TYPE_CHECKING:
    from obstore.store import S3Config

_THREADS = 12
_RETRIES = 6
_PATIENCE = timedelta(seconds=60)
_CODE = re.compile(r"<Code>(\w+)</Code>")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Connection:
    """An open bucket and the threads that send to it; one for a process."""

    store: S3Store
    pool: ThreadPoolExecutor


@lru_cache
def connected(bucket: Bucket) -> Connection:
    """The connection of this process to a bucket. Raises ConfigError where its keys cannot be had."""
    config: S3Config = {"bucket": bucket.name, "checksum_algorithm": "SHA256", **_keys(bucket)}
    if bucket.endpoint:
        config["endpoint"] = bucket.endpoint.rstrip("/")
    if bucket.region:
        config["region"] = bucket.region
    plain = bucket.endpoint.startswith("http://")
    try:
        store = S3Store(
            prefix=bucket.prefix or None,
            config=config,
            client_options={"allow_http": plain, "connect_timeout": "10s", "timeout": "300s"},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
        )
    except (BaseError, ValueError) as error:
        raise ConfigError(f"The bucket {bucket.name} cannot be used as configured: {_short(error)}.") from None
    return Connection(store, ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs"))


@contextmanager
def failures(bucket: Bucket) -> Iterator[None]:
    """Failures of a put, as `told`; AlreadyExistsError passes, and what is not found is the bucket."""
    try:
        with told(bucket):
            yield
    except FileNotFoundError:
        raise StorageFailed(f"There is no bucket {bucket.name} on {_server(bucket)}: make it first.") from None


@contextmanager
def told(bucket: Bucket) -> Iterator[None]:
    """Failures of the server, of the way to it and of the spool folder as errors that the loops wait out, without
    what the libraries say around them. FileNotFoundError and AlreadyExistsError pass."""
    try:
        yield
    except (FileNotFoundError, AlreadyExistsError):
        raise
    except (PermissionDeniedError, UnauthenticatedError):
        where = f"{_server(bucket)} does not let us use the bucket {bucket.name}"
        raise StorageFailed(f"{where}: check the keys of [blobs] and what they may do.") from None
    except BaseError as error:
        raise StorageFailed(f"The bucket {bucket.name} on {_server(bucket)} cannot be used: {_short(error)}.") from None
    except OSError as error:
        raise StorageFailed(f"Files on their way to the bucket {bucket.name}: {error.strerror or error}.") from error


def _server(bucket: Bucket) -> str:
    return bucket.endpoint or "Amazon S3"


def _short(error: Exception) -> str:
    """The one thing that matters of an error of many lines: the server's code, or the first line."""
    text = str(error)
    if found := _CODE.search(text):
        return f"the server says {found[1]}"
    first = text.partition("\n")[0].removeprefix("Generic S3 error: ")
    return first[:_LONGEST].rstrip(". ")


def _keys(bucket: Bucket) -> "S3Config":
    if bucket.credentials_file is not None:
        return _from_file(bucket)
    names = [name for name in (bucket.key_id_env, bucket.secret_env) if name]
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ConfigError(f"blobs: the environment variable {missing[0]} is not set.")
    if len(names) < 2:
        return {}
    return {"access_key_id": os.environ[bucket.key_id_env], "secret_access_key": os.environ[bucket.secret_env]}


def _from_file(bucket: Bucket) -> "S3Config":
    """The keys of a file as Amazon's tools write it, which must be ours alone to read."""
    path = bucket.credentials_file
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if path is None or path.stat().st_mode & 0o077:
            raise ConfigError(f"The file {path} may be read by others: run chmod 600 {path}.")
        parser.read_string(path.read_text("utf-8"))
        section = parser["default"]
        keys: S3Config = {
            "access_key_id": section["aws_access_key_id"],
            "secret_access_key": section["aws_secret_access_key"],
        }
    except OSError as error:
        raise ConfigError(f"blobs.credentials_file {path} cannot be read: {error.strerror}.") from None
    except (configparser.Error, KeyError, UnicodeDecodeError):
        mend = "it needs [default] with aws_access_key_id and aws_secret_access_key"
        raise ConfigError(f"blobs.credentials_file {path} is not a file of keys: {mend}.") from None
    if token := section.get("aws_session_token"):
        keys["session_token"] = token
    return keys
