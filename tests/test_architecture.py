"""The rules of the code that no linter knows: budgets, one home for each concern, no forbidden word.

A budget is raised only in the commit that needs it, with the reason in docs/decisions.md.
"""

import ast
import logging
import re
import statistics
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 10
ARGUMENTS = 5

CORE = ("mailcrm.mail", "mailcrm.model", "mailcrm.crm", "mailcrm.documents", "mailcrm.mailing")
BROAD_EXCEPTS = ("mailcrm.daemon", "web")
FRAMEWORK_NAMES = {
    "process_bind_param": "SQLAlchemy's TypeDecorator",
    "process_result_value": "SQLAlchemy's TypeDecorator",
    "get_id": "flask-login's user",
    "handle_DATA": "aiosmtpd's handler",
}
DOORS = {
    "imapclient": "mailcrm.net.imap",
    "aiosmtplib": "mailcrm.net.smtp",
    "mailparser": "mailcrm.mail.parse",
    "nh3": "mailcrm.mail.sanitise",
    "obstore": "mailcrm.net.blobs",
}


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its text and its tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    def within(self, *packages: str) -> bool:
        """True where this is one of the packages or lies in one."""
        return any(self.name == package or self.name.startswith(package + ".") for package in packages)

    def at(self, node: ast.AST) -> str:
        """Where a node stands, as an editor understands it."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def read(*folders: str) -> list[Module]:
    """Every module below the folders but for the migrations, which Alembic shapes and nobody edits once released."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    modules = []
    for path in (path for path in paths if "migrations" not in path.parts):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        modules.append(Module(name, path, text, ast.parse(text)))
    return modules


PRODUCT = read("mailcrm", "web")
CODE = PRODUCT + read("demo", "tools")
TESTS = read("tests")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    """Every function and method of a module, nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def lines(node: Function) -> int:
    """The length of a function with its signature and docstring."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def calls(module: Module, *names: str) -> Iterator[ast.Call]:
    """The calls of a function or method of one of the names."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _last_name(node.func) in names:
            yield node


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def imports(module: Module) -> Iterator[tuple[ast.AST, str, str]]:
    """(node, module, name) of every import: at the top, in functions and under TYPE_CHECKING alike."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.at(node)}: imports are absolute"
            yield from ((node, node.module or "", alias.name) for alias in node.names)


def test_modules_keep_their_budget() -> None:
    long = [f"{m.name}: {n} lines" for m in CODE if (n := m.text.count("\n")) > MODULE_LINES]
    assert not long


def test_functions_keep_their_budget() -> None:
    long = [f"{m.at(f)} {f.name}: {lines(f)} lines" for m in CODE for f in functions(m) if lines(f) > FUNCTION_LINES]
    assert not long
    assert statistics.median(lines(f) for m in PRODUCT for f in functions(m)) <= MEDIAN_FUNCTION_LINES


def test_functions_take_few_arguments() -> None:
    many = [f"{m.at(f)} {f.name}: {n}" for m in CODE for f in functions(m) if (n := len(_arguments(f))) > ARGUMENTS]
    assert not many


def _arguments(node: Function) -> list[ast.arg]:
    everything = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    extra = [argument for argument in (node.args.vararg, node.args.kwarg) if argument]
    return [argument for argument in everything + extra if argument.arg not in ("self", "cls")]


def test_everything_is_annotated() -> None:
    bare = [
        f"{m.at(f)} {f.name}"
        for m in CODE + TESTS
        for f in functions(m)
        if f.returns is None or any(a.annotation is None for a in _arguments(f))
    ]
    assert not bare


def test_public_functions_and_classes_have_docstrings() -> None:
    bare = [
        f"{m.at(node)} {node.name}"
        for m in CODE
        for node in [*m.tree.body, *(n for c in _public_classes(m) for n in c.body)]
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not bare


def _public_classes(module: Module) -> list[ast.ClassDef]:
    return [node for node in module.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_no_import_cycles() -> None:
    graph = {m.name: _imported_modules(m, {m.name for m in CODE}) for m in CODE}
    tangled: dict[str, set[str]] = {}
    for name in graph:
        seen, stack = set[str](), list(graph[name])
        while stack:
            other = stack.pop()
            if other not in seen:
                seen.add(other)
                stack.extend(graph[other])
        tangled[name] = seen
    assert not [name for name, reached in tangled.items() if name in reached]


def _imported_modules(module: Module, known: set[str]) -> set[str]:
    wanted = {f"{source}.{name}" if f"{source}.{name}" in known else source for _, source, name in imports(module)}
    return (wanted & known) - {module.name}


def test_broad_excepts_stand_only_in_the_outermost_loops() -> None:
    broad = [
        m.at(node)
        for m in CODE
        if m.name not in BROAD_EXCEPTS
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_again(node)
    ]
    suppressed = [m.at(node) for m in CODE for node in calls(m, "suppress") if any(map(_is_broad, node.args))]
    assert not broad + suppressed


def _is_broad(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Tuple):
        return any(map(_is_broad, node.elts))
    return node is None or _last_name(node) in ("Exception", "BaseException")


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """True for a handler that only cleans up: it ends with a bare raise."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_the_core_reads_no_clock() -> None:
    clocks = [m.at(node) for m in CODE if m.within(*CORE) for node in calls(m, "now", "utcnow", "today")]
    assert not clocks


def test_only_flow_writes() -> None:
    writers = [m.at(node) for m in PRODUCT if not m.within("mailcrm.flow") for node in calls(m, "writing")]
    assert not writers


def test_sql_has_one_home() -> None:
    """In store/ everything of SQLAlchemy, in model/ columns; elsewhere only a connection and its address."""
    strangers = [
        f"{m.at(node)} {source}.{name}"
        for m in PRODUCT
        if not m.within("mailcrm.store", "mailcrm.model")
        for node, source, name in imports(m)
        if source.split(".")[0] in ("sqlalchemy", "sqlmodel", "sqlite3", "psycopg")
        and name not in ("Connection", "make_url", "ArgumentError")
    ]
    assert not strangers


def test_tables_are_inert() -> None:
    queries = {"Session", "Relationship", "relationship", "select", "insert", "update", "delete", "text"}
    model = [m for m in PRODUCT if m.within("mailcrm.model")]
    assert model
    assert not [f"{m.at(n)} {name}" for m in model for n, _, name in imports(m) if name in queries]
    tables = [n for m in model for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef) and n.keywords]
    assert not [f"{table.name}.{f.name}" for table in tables for f in table.body if isinstance(f, Function)]


def test_each_library_has_one_door() -> None:
    strangers = [
        f"{m.at(node)} {source}"
        for m in PRODUCT
        for node, source, _ in imports(m)
        if (door := DOORS.get(source.split(".")[0])) and not m.within(door)
    ]
    assert not strangers


def test_log_fields_do_not_overwrite_those_of_the_record() -> None:
    """`logging` raises KeyError for such a field, but only when the line is really written."""
    taken = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
    extras = [
        (m, key)
        for m in PRODUCT
        for call in calls(m, "debug", "info", "warning", "error", "exception", "log")
        for keyword in call.keywords
        if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict)
        for key in keyword.value.keys
    ]
    assert not [f"{m.at(key)} {key.value}" for m, key in extras if isinstance(key, ast.Constant) and key.value in taken]


def test_names_say_what_they_mean() -> None:
    prefix = re.compile(r"_?(get|handle|process|do)_")
    suffix = re.compile(r"(Manager|Helper|Util|Utils)$")
    functions_ = [
        f"{m.at(f)} {f.name}"
        for m in CODE
        for f in functions(m)
        if prefix.match(f.name) and f.name not in FRAMEWORK_NAMES
    ]
    classes = [
        f"{m.at(node)} {node.name}"
        for m in CODE
        for node in ast.walk(m.tree)
        if isinstance(node, ast.ClassDef) and suffix.search(node.name)
    ]
    modules = [m.name for m in CODE if re.search(r"(^|[._])(utils?|helpers?|misc|common)$", m.name)]
    assert not functions_ + classes + modules


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|for n" + r"ow)\b")
    found = [
        f"{m.path.relative_to(ROOT)}:{number} {line.strip()}"
        for m in CODE + TESTS
        for number, line in enumerate(m.text.splitlines(), 1)
        if words.search(line)
    ]
    assert not found


def test_tests_neither_mock_nor_skip() -> None:
    """Skipping is for tests/conftest.py, which knows the one good reason: the corpora are not there."""
    tests = [m for m in TESTS if m.name != "tests.conftest"]
    mocks = [
        f"{m.at(n)} {source}" for m in TESTS for n, source, name in imports(m) if "mock" in (source + name).lower()
    ]
    patches = [
        m.at(node)
        for m in TESTS
        for node in calls(m, "patch", "setattr")
        if _last_name(node.func) == "patch" or ("monkeypatch" in ast.unparse(node.func) and not _sets_a_limit(node))
    ]
    skips = [m.at(node) for m in tests for node in calls(m, "skip", "importorskip", "xfail", "skipif")]
    assert not mocks + patches + skips


def _sets_a_limit(node: ast.Call) -> bool:
    """True where a test makes a constant smaller, so that it need not send gigabytes to reach it."""
    names = [
        arg.value.rpartition(".")[2]
        for arg in node.args
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]
    return bool(names) and names[0].lstrip("_").isupper()


def test_contracts_cover_every_package() -> None:
    """A new package must take its place among the layers, and a pure one among those that do no I/O."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layered = re.findall(r"[\w.]+", " ".join(contracts[0]["layers"]))
    packages = {f"mailcrm.{path.parent.name}" for path in (ROOT / "mailcrm").glob("*/__init__.py")}
    assert packages - set(layered) - {"mailcrm.cli"} == set()
    pure = next(contract for contract in contracts if contract["name"] == "The core does no I/O")["source_modules"]
    assert packages & set(CORE) == set(pure)
