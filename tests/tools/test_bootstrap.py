"""The set-up of the environment where Debian's python3-venv is missing: no pip, so uv is downloaded and checked."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SCRIPT = Path(__file__).parents[2] / "tools" / "bootstrap.py"
WITHOUT_PIP = "import runpy, sys; sys.modules['ensurepip'] = None; sys.argv = sys.argv[1:]; "
WITHOUT_PIP += "runpy.run_path(sys.argv[0], run_name='__main__')"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address at which the files of a folder can be downloaded."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def wheel() -> bytes:
    """A wheel whose program uv prints a word."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("uv-1.0.data/scripts/uv", "#!/bin/sh\necho it works\n")
    return out.getvalue()


def bootstrapped(folder: Path, digest: str) -> subprocess.CompletedProcess[str]:
    """Run the script on a lock file that names our wheel with this digest."""
    name = f"uv-1.0-py3-none-manylinux_2_17_{os.uname().machine}.whl"
    (folder / name).write_bytes(wheel())
    with serving(folder) as url:
        entry = f'url = "{url}/{name}", hash = "sha256:{digest}"'
        (folder / "uv.lock").write_text(f'[[package]]\nname = "uv"\nversion = "1.0"\nwheels = [{{ {entry} }}]\n')
        command = [sys.executable, "-c", WITHOUT_PIP, SCRIPT, folder / "env", folder / "uv.lock"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_without_pip_uv_comes_from_the_locked_wheel(tmp_path: Path) -> None:
    done = bootstrapped(tmp_path, hashlib.sha256(wheel()).hexdigest())
    assert done.returncode == 0, done.stderr
    said = subprocess.run([tmp_path / "env" / "bin" / "uv"], capture_output=True, text=True, check=True)
    assert said.stdout == "it works\n"


def test_a_wheel_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    done = bootstrapped(tmp_path, hashlib.sha256(b"something else").hexdigest())
    assert done.returncode == 1
    assert "its hash differs" in done.stderr
    assert not (tmp_path / "env" / "bin" / "uv").exists()
