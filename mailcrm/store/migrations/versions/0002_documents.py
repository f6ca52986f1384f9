"""Documents, their versions, sendings and answers"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.create_index("ix_blob_state", ["state", "id"], unique=False)

    op.create_table(
        "seen_hash",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("scope_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("hash", "scope_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_text",
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blob_id"),
    )
    op.create_table(
        "document",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["blob.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index("ix_document_scope", ["scope", "id"], unique=False)

    op.create_table(
        "document_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("document_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_rule_sha"), ["sha"], unique=False)

    op.create_table(
        "fingerprint",
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("recipe", sa.Integer(), nullable=False),
        sa.Column("text_sha", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("rest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blob_id"),
    )
    with op.batch_alter_table("fingerprint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fingerprint_stamp"), ["stamp"], unique=False)
        batch_op.create_index(batch_op.f("ix_fingerprint_text_sha"), ["text_sha"], unique=False)

    op.create_table(
        "answer",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["blob.id"],
        ),
        sa.PrimaryKeyConstraint("message_id", "version_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_version_id"), ["version_id"], unique=False)

    op.create_table(
        "document_work",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("undo", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("document_work", schema=None) as batch_op:
        batch_op.create_index("ix_document_work_state", ["state", "message_id"], unique=False)

    op.create_table(
        "occurrence",
        sa.Column("id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("clients", sa.String(), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["blob.id"],
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "path"),
    )
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.create_index("ix_occurrence_blob", ["blob_id", "message_id"], unique=False)

    op.create_table(
        "sending",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("mailbox_id", ID, nullable=True),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bounced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"],
            ["mail_address.id"],
        ),
        sa.ForeignKeyConstraint(
            ["blob_id"],
            ["blob.id"],
        ),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "blob_id", "address_id", "role"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sending", schema=None) as batch_op:
        batch_op.create_index("ix_sending_address", ["address_id", "at"], unique=False)
        batch_op.create_index("ix_sending_blob", ["blob_id", "at"], unique=False)

    op.create_table(
        "version",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("theirs", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["id"],
            ["blob.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    with op.batch_alter_table("version", schema=None) as batch_op:
        batch_op.create_index("ix_version_document", ["document_id", "position"], unique=False)

    op.create_table(
        "sketch_hash",
        sa.Column("group_id", ID, nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "hash", "version_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sketch_hash", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sketch_hash_version_id"), ["version_id"], unique=False)

    op.create_table(
        "suggestion",
        sa.Column("version_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("version_id", "position"),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggestion_document_id"), ["document_id"], unique=False)

    op.create_table(
        "version_client",
        sa.Column("client_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id", "version_id"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("version_client", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_version_client_version_id"), ["version_id"], unique=False)

    # What is stored already is looked at like what comes now.
    op.execute(
        "INSERT INTO document_work (message_id, state, undo) SELECT id, 'new', '' FROM message"
        " WHERE direction = 'in' OR id IN (SELECT message_id FROM attachment)"
    )
