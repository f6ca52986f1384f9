"""What reports of the invented company count: the messages are tallied by its own work calendar."""

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow.tally import tally
from tests.web.company import Company


def count(company: Company) -> None:
    """Tally everything, as the daemon does by the clock."""
    tally(company.rooms["anna"].office, WorkCalendar(), company.now)
