"""Blobs: the content-addressed store of raw messages and attachments, in a local folder or on S3.

A blob is named by the SHA-256 of its original bytes and is never changed. `keep`, then `settle`, then write the row
that refers to it: whoever is killed between leaves at most a blob that nobody refers to, and a sweep takes it away.
"""

from mailcrm.errors import ConfigError
from mailcrm.net.blobs.folder import Blobs, sync_order
from mailcrm.net.blobs.place import BlobPlace, BlobStore, Bucket

__all__ = ["BlobPlace", "BlobStore", "Blobs", "Bucket", "open_blobs", "sync_order"]


def open_blobs(place: BlobPlace) -> BlobStore:
    """The store at a place; one on S3 must not be passed on by fork. Raises StorageFailed where the folder cannot be
    made, ConfigError where the keys of a bucket are not to be had."""
    if place.bucket is None:
        return Blobs(place.folder)
    try:
        # Optional, and 16 MB that no worker needs where blobs lie in a folder.
        from mailcrm.net.blobs.s3 import S3Blobs
    except ModuleNotFoundError:
        raise ConfigError("Blobs on S3 need one more package: pip install 'mailcrm[s3]'.") from None
    return S3Blobs(place)
