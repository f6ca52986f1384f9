"""Tables on the terminal; as wide as they need to be where nobody looks."""

import sys

from rich.console import Console
from rich.table import Table

_WIDE = 250


def show(table: Table) -> None:
    """Print a table; into a pipe or a file nothing is cut off."""
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
