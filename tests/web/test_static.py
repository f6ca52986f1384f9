"""What was taken from others is what the manifest says, with its licence."""

import base64
import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"


def test_vendored_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
    others = {path.name for path in VENDOR.iterdir()} - set(manifest) - {"manifest.json"}
    assert others == {entry["licence_file"] for entry in manifest.values()}
    for name, entry in manifest.items():
        digest = base64.b64encode(hashlib.sha384((VENDOR / name).read_bytes()).digest()).decode()
        assert entry["sha384"] == f"sha384-{digest}", name
        assert entry["version"] in name
        assert (VENDOR / entry["licence_file"]).stat().st_size > 300
