"""Make the virtual environment and put uv inside it: `python3 tools/bootstrap.py .venv`.

Runs before anything is installed, so it uses the standard library alone, and the first lines run on any Python 3.
The version of uv, its address and its hash come from uv.lock. Where Debian's python3-venv is missing there is no
pip to install uv with: then the wheel is downloaded and its hash compared. Nothing outside the folder is touched.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import urllib.request
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)
LOCK = Path(__file__).resolve().parent.parent / "uv.lock"


def main() -> None:
    """Make the environment named on the command line; ends with a sentence on what to install where it cannot."""
    if sys.version_info < OLDEST:
        restart_with_newer_python()
    target, lock = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else LOCK
    uv = locked_uv(lock)
    with_pip = find_spec("ensurepip") is not None
    venv.EnvBuilder(clear=True, symlinks=True, with_pip=with_pip).create(target)
    if with_pip:
        install_by_pip(target, str(uv["version"]))
    else:
        install_wheel(target, matching_wheel(uv["wheels"]))


def restart_with_newer_python() -> None:
    """Run this script again with a newer Python of this machine, or say which package to install and stop."""
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 - this line runs on any Python 3
        if newer:
            os.execv(newer, [newer, *sys.argv])
    sys.exit("mailcrm needs Python 3.11 or newer: on Debian or Ubuntu run `apt-get install python3.11`.")


def locked_uv(lock: Path) -> dict[str, object]:
    """The entry of uv in the lock file: its version and its wheels with address and hash."""
    import tomllib

    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return next(package for package in packages if package["name"] == "uv")


def install_by_pip(target: Path, version: str) -> None:
    """Install uv of `version` with the pip of the environment, by way of whatever index pip is set up for."""
    command = [str(target / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", f"uv=={version}"]
    subprocess.run(command, check=True)


def matching_wheel(wheels: object) -> dict[str, str]:
    """The wheel for this processor and C library; stops with a sentence where there is none."""
    assert isinstance(wheels, list)
    libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    system = "macosx" if sys.platform == "darwin" else libc
    for wheel in wheels:
        if system in wheel["url"] and platform.machine() in wheel["url"]:
            return dict(wheel)
    sys.exit("There is no uv for this machine: on Debian or Ubuntu run `apt-get install python3-venv`, then again.")


def install_wheel(target: Path, wheel: dict[str, str]) -> None:
    """Download the wheel, compare its hash with the locked one and unpack the program uv from it."""
    print(f"No ensurepip on this machine (Debian: python3-venv). Downloading {wheel['url']}", flush=True)
    with urllib.request.urlopen(wheel["url"], timeout=120) as response:
        data = response.read()
    if hashlib.sha256(data).hexdigest() != wheel["hash"].removeprefix("sha256:"):
        sys.exit(f"{wheel['url']} is not the file that uv.lock names: its hash differs. Nothing was installed.")
    archive = zipfile.ZipFile(io.BytesIO(data))
    member = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
    program = target / "bin" / "uv"
    program.write_bytes(archive.read(member))
    program.chmod(0o755)


if __name__ == "__main__":
    main()
