"""What must hold between the tables of documents at every moment, and where it does not."""

from sqlalchemy import Connection, text

_CHECKS = {
    "a placed document part without a version": (
        "SELECT blob.sha256 FROM occurrence JOIN blob ON blob.id = blob_id WHERE placed AND role = 'document' AND"
        " blob_id NOT IN (SELECT id FROM version) AND sha256 NOT IN"
        " (SELECT sha FROM document_rule WHERE kind = 'not_a_document')"
    ),
    "a version that no message carried": (
        "SELECT sha256 FROM version WHERE id NOT IN (SELECT blob_id FROM occurrence WHERE placed)"
    ),
    "a document part that waits for nobody": (
        "SELECT DISTINCT blob.sha256 FROM occurrence JOIN blob ON blob.id = blob_id WHERE role = 'document' AND NOT"
        " placed AND message_id NOT IN (SELECT message_id FROM document_work)"
    ),
    "a document without versions, or with another number of them than it says": (
        "SELECT sha256 FROM document WHERE size <> (SELECT count(*) FROM version WHERE document_id = document.id)"
        " OR size = 0"
    ),
    "a version without a fingerprint": "SELECT sha256 FROM version WHERE id NOT IN (SELECT blob_id FROM fingerprint)",
    "an answer to no version": (
        "SELECT DISTINCT blob.sha256 FROM answer JOIN blob ON blob.id = version_id WHERE version_id NOT IN"
        " (SELECT id FROM version) AND NOT EXISTS (SELECT 1 FROM document_work WHERE state <> 'placed')"
    ),
}


def faults(connection: Connection) -> list[tuple[str, str]]:
    """(what is wrong, SHA-256 of the content) for all that does not hold; nothing where all is well."""
    return [(what, str(sha)) for what, query in _CHECKS.items() for (sha,) in connection.execute(text(query))]
