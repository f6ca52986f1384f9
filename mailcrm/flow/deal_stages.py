"""The stages of deals, as the company wants them: add, edit, put in order, take out of use."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Office, editing
from mailcrm.store import deal_board
from mailcrm.store.deal_board import StageRow

KINDS = ("open", "won", "lost")


@dataclass(frozen=True, slots=True)
class NewStage:
    """What is asked of a stage; deals in it are won or lost at once where its kind says so."""

    name: str
    kind: str = "open"
    probability: int = 0


def add_stages(office: Office, by: By, new: Sequence[NewStage]) -> None:
    """Add stages behind those that there are; raises Refused."""
    wanted = [_values(one) for one in new]
    with editing(office, by) as edit:
        for values in wanted:
            deal_board.add_stage(edit.connection, values)
            edit.note("added", "settings", detail=f"stage of deals: {values['name']}")


def edit_stage(office: Office, by: By, stage_id: int, wanted: NewStage) -> None:
    """Change name, kind and probability; raises Refused, or NotFound."""
    values = _values(wanted)
    with editing(office, by) as edit:
        known(edit.connection, stage_id)
        deal_board.change_stage(edit.connection, stage_id, values)
        edit.note("changed", "settings", detail=f"stage of deals: {values['name']}")


def shift(office: Office, by: By, stage_id: int, step: int) -> None:
    """Let a stage change places with the one before it (`step` -1) or behind it (1); raises NotFound."""
    with editing(office, by) as edit:
        row = [one.id for one in deal_board.stages(edit.connection)]
        if stage_id not in row:
            raise NotFound("There is no such stage of deals.")
        here = row.index(stage_id)
        there = here + step
        if 0 <= there < len(row):
            row[here], row[there] = row[there], row[here]
        for position, number in enumerate(row, 1):
            deal_board.change_stage(edit.connection, number, {"position": position})


def archive(office: Office, by: By, stage_id: int) -> None:
    """Take a stage out of use; raises NotFound, or Refused where deals stand in it."""
    with editing(office, by) as edit:
        known(edit.connection, stage_id)
        if deal_board.in_use(edit.connection, stage_id):
            raise Refused("There are deals in this stage: move them first.")
        deal_board.change_stage(edit.connection, stage_id, {"archived_at": by.at})


def restore(office: Office, by: By, stage_id: int) -> None:
    """Take a stage into use again; raises NotFound."""
    with editing(office, by) as edit:
        known(edit.connection, stage_id)
        deal_board.change_stage(edit.connection, stage_id, {"archived_at": None})


def known(connection: Connection, stage_id: int) -> StageRow:
    """The stage, used or not; raises NotFound where there is none."""
    for stage in deal_board.stages(connection, archived=True):
        if stage.id == stage_id:
            return stage
    raise NotFound("There is no such stage of deals.")


def _values(wanted: NewStage) -> dict[str, object]:
    name = " ".join(wanted.name.split())
    if not name:
        raise Refused("A stage needs a name.")
    if wanted.kind not in KINDS:
        raise Refused(f"The kind of a stage must be one of {', '.join(KINDS)}, not {wanted.kind}.")
    if not 0 <= wanted.probability <= 100:
        raise Refused("A probability is between 0 and 100 per cent.")
    # What is decided needs no estimate.
    probability = {"won": 100, "lost": 0}.get(wanted.kind, wanted.probability)
    return {"name": name, "kind": wanted.kind, "probability": probability}
