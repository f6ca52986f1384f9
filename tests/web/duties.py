"""What the company of the pages has to do: tasks of every state, notes, a call, a meeting to come, a mention."""

from datetime import date, time, timedelta

from mailcrm.crm.due import Due, Reminder
from mailcrm.flow import notes, tasks
from mailcrm.flow.notes import NewNote
from mailcrm.flow.tasks import NewTask
from tests.web.company import Company

SIGNED_OFFER = "6@company.test"


def assign(company: Company) -> None:
    """Tasks and notes for the clients with mail."""
    office, by, today = company.rooms["anna"].office, company.by, company.now.date()
    anna, kowalski = company.users["anna"], company.clients["Kowalski Instalacje"]
    message = company.number(SIGNED_OFFER)

    def task(title: str, on: date | None, **more: object) -> int:
        due = Due(on, time(15, 30)) if on else None
        return tasks.add_task(office, by, NewTask(title, anna, kowalski, due, "UTC", Reminder.AT, **more))  # type: ignore[arg-type]

    task("Confirm the delivery date", today - timedelta(days=1), message_id=message, closes_on_reply=True)
    task("Call about the spare parts", today, repeat="week:1")
    task("Ask for the drawing of the new flange", None)
    tasks.finish(office, by, task("Send the terms", today - timedelta(days=3)))
    boris = NewTask("Проверить расчёт", company.users["boris"], company.clients["ООО «Север-Сервис»"], Due(today))
    tasks.add_task(office, by, boris)
    number = notes.add_note(office, by, kowalski, NewNote("Lars retires in June; @vera knows who follows."))
    notes.pin_note(office, by, number)
    call = NewNote("Prices are fine, they want 45 days.", "call", company.now - timedelta(hours=5), 12, direction="out")
    notes.add_note(office, by, kowalski, call)
    meeting = NewNote("Pressure test", "meeting", company.now + timedelta(days=2), 90, "Hamburg, yard 3")
    notes.add_note(office, by, kowalski, meeting)
