"""The words of a message from a template: Jinja in its sandbox, with few filters, no way to grow, and limits.

What a template may do is a list, not what it may not: fields, if, for (two deep), a handful of filters. There is
nothing in it that could run long or fill memory: every step is counted, and the output has an end.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

LONGEST_SOURCE = 100_000
LONGEST_OUTPUT = 500_000
MOST_STEPS = 100_000
MOST_LOOPS = 2
"""Loops inside each other."""
_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default", "d", "join", "length", "first", "last", "e")
_FORBIDDEN = (
    nodes.Assign,
    nodes.AssignBlock,
    nodes.Macro,
    nodes.CallBlock,
    nodes.FilterBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.With,
    nodes.ScopedEvalContextModifier,
    nodes.Call,
    nodes.Mul,
    nodes.Pow,
    nodes.Mod,
)
_GAPS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_steps: ContextVar[list[int]] = ContextVar("steps")


class BadTemplate(ValueError):
    """A template that cannot be used: `reason` in plain words, `line` from 1 (0: the whole)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class RenderFailed(ValueError):
    """A message that could not be made: `reason` is missing, line, empty, long or failed; `detail` names what."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class Missing(StrictUndefined):
    """A field that the template names and this client does not have."""

    @property
    def _undefined_message(self) -> str:
        name = self._undefined_name
        known = type(self._undefined_obj).__name__ == "Fields"
        return f"{self._undefined_obj}.{name}" if known else str(name)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Counts what a template does, and lets it do nothing by calling."""

    intercepted_binops = frozenset(["+", "-", "/", "//", "*", "**", "%"])

    def getattr(self, obj: Any, attribute: str) -> Any:
        _count()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        _count()
        return super().getitem(obj, argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        _count()
        return super().call_binop(context, operator, left, right)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The words of a message, ready to be filled in; `html` is None for a message of plain text alone."""

    subject: Template
    text: Template
    html: Template | None


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one message."""

    subject: str
    text: str
    html: str


def compiled(subject: str, text: str, html: str = "") -> Compiled:
    """The templates of a message. Raises BadTemplate."""
    plain, escaping = _PLAIN, _ESCAPING
    return Compiled(_checked(plain, subject), _checked(plain, text), _checked(escaping, html) if html.strip() else None)


def rendered(words: Compiled, context: Mapping[str, Any]) -> Words:
    """The message for one client. Raises RenderFailed."""
    subject = _filled(words.subject, context).strip()
    if any(ord(letter) < 32 or letter in "\x7f\u2028\u2029" for letter in subject):
        raise RenderFailed("line", "subject")
    # What an "if" leaves out leaves its empty lines behind.
    text = _GAPS.sub("\n\n", _filled(words.text, context)).strip("\n")
    if not subject or not text.strip():
        raise RenderFailed("empty", "text" if subject else "subject")
    return Words(subject, text + "\n", _filled(words.html, context) if words.html else "")


def _checked(environment: _Sandbox, source: str) -> Template:
    if len(source) > LONGEST_SOURCE:
        raise BadTemplate("It is too long.")
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise BadTemplate(f"{error.message or 'It cannot be read'}.".replace("..", "."), error.lineno) from None
    for node in tree.find_all(_FORBIDDEN):
        raise BadTemplate("Only fields, if, for and simple filters may be used here.", node.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive or _depth(loop) > MOST_LOOPS:
            raise BadTemplate("Loops may stand only two deep.", loop.lineno)
    try:
        return environment.from_string(tree)
    except TemplateSyntaxError as error:
        raise BadTemplate(f"{error.message or 'It cannot be read'}.".replace("..", "."), error.lineno) from None


def _depth(loop: nodes.For) -> int:
    return 1 + max((_depth(inner) for inner in loop.find_all(nodes.For) if inner is not loop), default=0)


def _filled(template: Template, context: Mapping[str, Any]) -> str:
    token = _steps.set([MOST_STEPS])
    size, parts = 0, []
    try:
        for part in template.generate(context):
            size += len(part)
            if size > LONGEST_OUTPUT:
                raise RenderFailed("long")
            parts.append(part)
    except UndefinedError as error:
        raise RenderFailed("missing", str(error.message)) from None
    except (SecurityError, TemplateRuntimeError, TypeError, ValueError, ArithmeticError) as error:
        if isinstance(error, RenderFailed):
            raise
        raise RenderFailed("failed", str(error)[:200]) from None
    finally:
        _steps.reset(token)
    return "".join(parts)


def _count() -> None:
    left = _steps.get(None)
    if left is None:
        return
    left[0] -= 1
    if left[0] < 0:
        raise RenderFailed("long")


def _lines(value: object) -> Markup:
    """The text with <br> for its line breaks."""
    return Markup("<br>").join(str(value).splitlines()) if value else Markup()


def _environment(autoescape: bool) -> _Sandbox:
    made = _Sandbox(autoescape=autoescape, undefined=Missing, keep_trailing_newline=True, trim_blocks=True)
    made.globals.clear()
    made.filters = {name: FILTERS[name] for name in _FILTERS} | {"lines": _lines}
    return made


_PLAIN, _ESCAPING = _environment(False), _environment(True)
