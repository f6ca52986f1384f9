"""The API: JSON under /api/v1 for other programs of the company; reads through store/, writes through flow/.

A token does what its user may, as far as its scopes go: the same queries with the same eyes as the pages. The document
at /api/v1/openapi.json is made from the very declarations that check what comes in.
"""

from flask import Blueprint

from web.api import clients, contacts, deals, documents, openapi, tasks, timeline
from web.api.operations import OPERATIONS, answer_to, problems

pages = Blueprint("api", __name__, url_prefix="/api/v1")

for _module in (clients, contacts, timeline, documents, tasks, deals):
    for _operation, _view in OPERATIONS[_module.__name__]:
        pages.add_url_rule(_operation.rule, _operation.name, answer_to(_operation, _view), methods=[_operation.method])
pages.add_url_rule("/openapi.json", "openapi", openapi.document, methods=["GET"])
problems(pages)
