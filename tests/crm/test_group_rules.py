"""The rule of a group: what it may ask, and its JSON there and back."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailcrm.crm.group_rules import MOST_DEPTH, Condition, Every, Node, Not, Some, checked, parsed, written
from mailcrm.errors import Refused

LEAVES = st.builds(
    Condition, st.sampled_from(["name", "note"]), st.sampled_from(["contains", "is"]), st.text("аb %_'\"", min_size=1)
).filter(lambda one: bool(one.value.strip()))
TREES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda nodes: st.one_of(
        st.builds(Every, st.lists(nodes, min_size=1, max_size=3).map(tuple)),
        st.builds(Some, st.lists(nodes, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, nodes),
    ),
    max_leaves=8,
)


@given(TREES)
def test_a_rule_is_the_same_after_writing_and_reading(node: Node) -> None:
    assume(_depth(node) <= MOST_DEPTH)
    assert parsed(written(node), {}) == node


def _depth(node: Node) -> int:
    if isinstance(node, Condition):
        return 1
    return 1 + max(_depth(part) for part in ([node.part] if isinstance(node, Not) else node.parts))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{", "JSON"),
        ("[1, 2]", "made of"),
        ('{"all": []}', "needs a condition"),
        ('{"all": {}}', "made of"),
        ('{"what": "name", "how": "contains"}', "made of"),
        ('{"what": "salary", "how": "is", "value": "1"}', "which there is not"),
        ('{"what": "name", "how": "newer", "value": "1"}', "which there is not"),
        ('{"what": "name", "how": "contains", "value": " "}', "needs a value"),
        ('{"what": "last_in", "how": "older", "value": "-1"}', "whole number"),
        ('{"what": "last_in", "how": "older", "value": "99999"}', "whole number"),
        ('{"what": "messages", "how": "least", "value": "²"}', "whole number"),
        ('{"what": "owner", "how": "is", "value": "1 OR 1=1"}', "which there is not"),
        ('{"what": "offer", "how": "is", "value": "lost"}', "which there is not"),
        ('{"what": "field:size", "how": "least", "value": "5"}', "which there is not"),
        (json.dumps({"all": [{"what": "name", "how": "is", "value": "a"}] * 41}), "at most 40"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(rule: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        parsed(rule, {})


def test_a_rule_may_not_be_endlessly_deep() -> None:
    deep = '{"not":' * 5000 + '{"what":"name","how":"is","value":"a"}' + "}" * 5000
    with pytest.raises(Refused):
        parsed(deep, {})


def test_fields_that_the_company_added_may_be_asked() -> None:
    checked(Condition("field:size", "least", "5"), {"size": "number"})
    checked(Condition("field:since", "before", "2026-01-31"), {"since": "date"})
    with pytest.raises(Refused):
        checked(Condition("field:since", "before", "31.01."), {"since": "date"})
    checked(Condition("last_in", "never", ""), {})
