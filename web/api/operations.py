"""Operations: what the API can do, declared once for checking what comes in and for describing it.

A view takes the ids of its address, then `query` and `body` where the operation has them, and returns a model.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import Blueprint, Response, g, request
from flask_login import current_user
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from mailcrm.errors import NotFound, Refused

View = Callable[..., BaseModel]
V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: how it is called, what a token needs for it, what goes in and comes out."""

    method: str
    path: str
    """As OpenAPI writes it: /clients/{client_id}."""
    scope: str
    summary: str
    answer: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    name: str = ""
    """Of the view: operationId and endpoint."""

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return re.sub(r"\{(\w+)\}", r"<int:\1>", self.path)


OPERATIONS: dict[str, list[tuple[Operation, View]]] = defaultdict(list)
"""By module, in the order of the sources."""


class Problem(Exception):
    """A refusal with an HTTP status, as RFC 9457 tells it; `errors` are (where, what is wrong)."""

    def __init__(self, status: int, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors or []


def operation(declared: Operation) -> Callable[[V], V]:
    """Registers the view below it."""

    def register(view: V) -> V:
        named = replace(declared, name=view.__name__)
        OPERATIONS[view.__module__].append((named, view))
        return view

    return register


def answer_to(declared: Operation, view: View) -> Callable[..., Response]:
    """The view as Flask wants it: the token is looked at, what comes in is checked, what comes out is JSON."""

    def answered(**ids: int) -> Response:
        _authorised(declared.scope)
        given: dict[str, BaseModel] = {}
        if declared.query is not None:
            given["query"] = _query(declared.query)
        if declared.body is not None:
            given["body"] = _body(declared.body)
        found = view(**ids, **given)
        return Response(found.model_dump_json(), declared.status, mimetype="application/json")

    return answered


def _authorised(scope: str) -> None:
    if not current_user.is_authenticated:
        raise Problem(401, "Send a token: Authorization: Bearer mcrm_…")
    if scope not in g.scopes:
        raise Problem(403, f"This token is not good for {scope}.")


def _query(model: type[BaseModel]) -> BaseModel:
    several = [name for name, values in request.args.lists() if len(values) > 1]
    if several:
        raise Problem(422, f"Give {several[0]} once.")
    return _checked("query", lambda: model.model_validate(request.args.to_dict()))


def _body(model: type[BaseModel]) -> BaseModel:
    if not request.is_json:
        raise Problem(415, "Send JSON: Content-Type: application/json.")
    return _checked("body", lambda: model.model_validate_json(request.get_data()))


def _checked(part: str, check: Callable[[], BaseModel]) -> BaseModel:
    try:
        return check()
    except ValidationError as error:
        places = [
            {"where": ".".join([part, *map(str, one["loc"])]), "what": one["msg"]}
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Problem(422, f"The {part} is not as it should be.", places[:20]) from None


def problems(pages: Blueprint) -> None:
    """Errors below these pages are told as `application/problem+json`."""

    @pages.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return told(error.status, error.detail, error.errors)

    @pages.errorhandler(NotFound)
    def not_found(error: NotFound) -> Response:
        return told(404, str(error))

    @pages.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return told(409, str(error))

    @pages.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return told(error.code or 500, error.description or "")


def told(status: int, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    """A problem as RFC 9457 writes it."""
    found = ProblemDetail(status=status, detail=detail, errors=tuple(Place(**one) for one in errors or ()))
    response = Response(found.model_dump_json(), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="mailcrm"'
    return response


class Place(BaseModel):
    """Something that is wrong in what came in."""

    where: str
    what: str


class ProblemDetail(BaseModel):
    """Why an operation was refused."""

    status: int
    detail: str
    errors: tuple[Place, ...] = ()
