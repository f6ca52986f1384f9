"""How the log is written: text for people or JSON for machines, on standard error."""

import json
import logging

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


class _Format(logging.Formatter):
    """One line a record, with the fields that were given as `extra`."""

    def __init__(self, as_json: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        extra = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if self.as_json:
            values = {"at": self.formatTime(record, self.datefmt), "level": record.levelname.lower()}
            trace = {"trace": self.formatException(record.exc_info)} if record.exc_info else {}
            named = {"logger": record.name, "message": record.getMessage()}
            return json.dumps({**values, **named, **extra, **trace}, ensure_ascii=False, default=str)
        return super().format(record) + "".join(f" {name}={value}" for name, value in extra.items())


def configure(level: str, form: str) -> None:
    """Write the log from `level` on, as "text" or "json"."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Format(form == "json"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What it says on every look at the schema is news to nobody.
    logging.getLogger("alembic").setLevel(logging.WARNING)
