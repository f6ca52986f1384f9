"""The errors of mailcrm: Temporary ones are tried again by the loops, Permanent ones wait for a person.

Every message is one sentence in plain words that says what to do next where something can be done.
"""


class MailcrmError(Exception):
    """The base of all errors that mailcrm raises on purpose."""


class Temporary(MailcrmError):
    """Something that may work later: a loop keeps the work and tries again."""


class Permanent(MailcrmError):
    """Something that will not change by itself: a person has to look."""


class ConfigError(Permanent):
    """A wrong key or value in the configuration: names the file, the key and the mend."""


class OldSchema(Permanent):
    """The database is older or newer than this program: names the command to run."""


class ServerUnavailable(Temporary):
    """A mail server that cannot be reached, closed the connection, throttled us or took too long."""


class ServerRefused(Permanent):
    """A mail server that refused a command for good: no such folder, no permission."""


class CredentialsRefused(Permanent):
    """A mail server that says that the password is wrong."""


class LimitExceeded(Permanent):
    """A server or a message that asks for more than mailcrm allows: a line, a literal, a nesting."""


class StorageFailed(Temporary):
    """A full disk, a locked or lost database, an unreachable blob store: the batch is rolled back."""


class Unstorable(Permanent):
    """A value that the database refuses: the message that it came from goes to quarantine."""


class LeaseLost(Temporary):
    """Another process works on this mailbox now: this one leaves it alone."""


class NotFound(Permanent):
    """The named thing does not exist, or the person who asks may not see it."""


class Refused(Permanent):
    """What a person asked for cannot be done as asked: says why and what would work."""
