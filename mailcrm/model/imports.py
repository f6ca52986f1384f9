"""ClientImport, ImportProblem, ImportMapping, ClientMerge, Journal, Duplicate: lists taken in, clients made one."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class ClientImport(SQLModel, table=True):
    """A list of clients that somebody uploaded, how it is to be read, and how far that has come."""

    __tablename__ = "client_import"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    """Of the file."""
    sha256: str = Field(index=True)
    """The blob with its bytes."""
    size: int
    state: str = Field(default="open")
    """open (not begun), running, done, failed, undoing or undone."""
    settings: str = "{}"
    """JSON: which column means what, and the choices beside; see `crm.importing.values.Settings`."""
    position: int = 0
    """Rows that are through, of `total`."""
    total: int = 0
    added: int = 0
    """Clients."""
    changed: int = 0
    same: int = 0
    skipped: int = 0
    """Rows that were left out: with a question or an error."""
    kept: int = 0
    """Clients that stay after an undo, because somebody has worked on them since."""
    error: str = ""
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    beat_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the process that runs it last said so."""
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcTime)


class ImportProblem(SQLModel, table=True):
    """A cell or a row that could not be taken as it stands."""

    __tablename__ = "import_problem"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    import_id: int = Field(foreign_key="client_import.id", ondelete="CASCADE", sa_type=Id, index=True)
    row_number: int
    """As the file counts it, from 1."""
    column_name: str = ""
    reason: str
    """A key of `crm.importing.values.REASONS`."""
    value: str = ""
    candidates: str = ""
    """Ids of clients that it may be, separated by blanks, the likeliest first."""


class ImportMapping(SQLModel, table=True):
    """How a list with such columns was read the last time."""

    __tablename__ = "import_mapping"

    signature: str = Field(primary_key=True)
    """Hash of the names of the columns."""
    settings: str
    at: datetime = Field(sa_type=UtcTime)


class ClientMerge(SQLModel, table=True):
    """Two clients that were made one; the other lies in the archive, without anything."""

    __tablename__ = "client_merge"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    kept_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id, index=True)
    gone_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id, index=True)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Journal(SQLModel, table=True):
    """What an import or a merge changed, row by row, so that it can be taken back exactly."""

    __tablename__ = "journal"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    import_id: int | None = Field(
        default=None, foreign_key="client_import.id", ondelete="CASCADE", sa_type=Id, index=True
    )
    merge_id: int | None = Field(
        default=None, foreign_key="client_merge.id", ondelete="CASCADE", sa_type=Id, index=True
    )
    changes: str
    """JSON; see `store.journal`."""


class Duplicate(SQLModel, table=True):
    """Two clients that may be one."""

    __tablename__ = "duplicate"

    first_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    """The smaller id."""
    second_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)
    score: float
    reasons: str
    """JSON: [[reason, evidence], …]; the reasons are those of `crm.duplicates`."""
    state: str = Field(default="open", index=True)
    """open, or different where a person said so."""
    found_at: datetime = Field(sa_type=UtcTime)
