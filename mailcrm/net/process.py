"""Processes of mailcrm by name: who holds a lease, and whether it still lives."""

import os
import socket


def own_name(kind: str) -> str:
    """The name of this process in leases and heartbeats: what it is for, its machine and its number."""
    return f"{kind}:{socket.gethostname()}:{os.getpid()}"


def is_alive(name: str) -> bool:
    """False for the name of a process of this machine that is no more; others are believed to live."""
    kind, host, number = [*name.split(":"), "", ""][:3]
    if not kind or host != socket.gethostname() or not number.isdecimal():
        return True
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
