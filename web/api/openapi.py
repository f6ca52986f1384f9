"""The OpenAPI 3.1 document of the API, made from its operations; anybody may read it."""

import json
import re
from functools import lru_cache
from typing import Any

from flask import Response
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from web.api.operations import OPERATIONS, Operation, ProblemDetail

_REF = "#/components/schemas/{model}"
_REFUSALS = {
    "401": "There is no token, or it does not work.",
    "403": "The token is not good for this.",
    "404": "There is no such thing, or its user may not see it.",
    "405": "This address knows no such method.",
    "409": "It contradicts what is there, or a rule of the company; `detail` says which.",
    "415": "The body is not JSON.",
    "422": "What came in is not as it should be; `errors` says where.",
}


def document() -> Response:
    """The document."""
    return Response(json.dumps(described(), ensure_ascii=False), mimetype="application/json")


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    """The document as plain values."""
    operations = [one for some in OPERATIONS.values() for one, _ in some]
    keys, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, keys)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailcrm", "version": "1", "summary": "Clients and their mail, as a user may see them."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: list[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    incoming = {m for one in operations for m in (one.query, one.body) if m}
    outgoing = {one.answer for one in operations} | {ProblemDetail}
    ordered: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(incoming, key=lambda m: m.__name__)),
        *((model, "serialization") for model in sorted(outgoing, key=lambda m: m.__name__)),
    ]
    return models_json_schema(ordered, ref_template=_REF)


def _operation(one: Operation, keys: dict[Any, Any]) -> dict[str, Any]:
    good = {"description": (one.answer.__doc__ or "").strip(), "content": _json(keys[one.answer, "serialization"])}
    wrong = {code: _problem(text, keys) for code, text in _REFUSALS.items() if code != "415" or one.body}
    found: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs the scope {one.scope}.",
        "parameters": [*_path(one.path), *(_query(one.query) if one.query else [])],
        "responses": {str(one.status): good, **wrong},
    }
    if one.body:
        found["requestBody"] = {"required": True, "content": _json(keys[one.body, "validation"])}
    return found


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _problem(text: str, keys: dict[Any, Any]) -> dict[str, Any]:
    schema = keys[ProblemDetail, "serialization"]
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _path(path: str) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return [{"name": n, "in": "path", "required": True, "schema": number} for n in re.findall(r"\{(\w+)\}", path)]


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=_REF)
    schema.pop("$defs", None)
    return [{"name": name, "in": "query", "schema": one} for name, one in schema["properties"].items()]
