"""The documents say what the code does: the tour runs, and every command, key and package is named."""

import doctest
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import click
import pytest

ROOT = Path(__file__).parent.parent
PAGE = 100


def text(name: str) -> str:
    """A document of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words one types for it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def keys(cls: Any) -> Iterator[str]:
    """The keys of a configuration class and of those inside it."""
    for name, hint in get_type_hints(cls).items():
        yield name
        inner = [hint, *get_args(hint)]
        yield from (key for one in inner if isinstance(one, type) and is_dataclass(one) for key in keys(one))


def test_the_tour_runs() -> None:
    result = doctest.testfile(str(ROOT / "docs" / "tour.md"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


def test_every_command_is_documented() -> None:
    from mailcrm.cli import main

    manual = text("docs/operating.md")
    known = dict(commands(main, "mailcrm"))
    assert known
    assert [name for name in known if f"`{name}" not in manual] == []
    assert [name for name, command in known.items() if not command.help] == []


def test_no_command_is_documented_that_does_not_exist() -> None:
    from mailcrm.cli import main

    known = {name for name, _ in commands(main, "mailcrm")}
    for document in ("README.md", "ARCHITECTURE.md", "docs/operating.md", "docs/tour.md", "config.example.toml"):
        for words in re.findall(r"`(mailcrm [a-z][a-z -]*)", text(document)):
            assert any(f"{words} ".startswith(f"{name} ") for name in known), f"{document}: {words}"


def test_every_key_of_the_configuration_is_explained() -> None:
    from mailcrm.config import Config

    example = text("config.example.toml")
    unexplained = [key for key in keys(Config) if not re.search(rf"^(# )?(\[+)?{key}\b", example, re.MULTILINE)]
    assert [key for key in unexplained if key not in _set_by_the_program(Config)] == []


def _set_by_the_program(cls: Any) -> set[str]:
    """Fields that no file can give: the path of the file itself, and the name of a table."""
    return {"path", "name"} & ({field.name for field in fields(cls)} | {"name"})


def test_architecture_is_one_page_and_names_every_package() -> None:
    page = text("ARCHITECTURE.md")
    assert page.count("\n") <= PAGE
    packages = [f"mailcrm/{path.parent.name}/" for path in (ROOT / "mailcrm").glob("*/__init__.py")]
    modules = [f"mailcrm/{path.name}" for path in (ROOT / "mailcrm").glob("*.py") if path.name != "__init__.py"]
    others = [f"{path.name}/" for path in (ROOT / "web", ROOT / "demo", ROOT / "bench", ROOT / "tools", ROOT / "tests")]
    assert [name for name in packages + modules + others if name not in page] == []


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "docs/operating.md", "docs/decisions.md"])
def test_links_inside_the_project_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text(document))
    for target, anchor in links:
        path = (folder / target).resolve() if target else ROOT / document
        assert path.exists(), f"{document}: {target}"
        headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert not anchor or anchor in [heading.lower().replace(" ", "-") for heading in headings], anchor


def test_the_makefile_lists_its_targets() -> None:
    documented = set(re.findall(r"^([a-z-]+):.*?## ", text("Makefile"), re.MULTILINE))
    assert {"help", "demo", "test", "lint", "format", "bench", "clean"} <= documented
    assert "exec make test" in text(".ci/run")
