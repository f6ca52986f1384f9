"""How fast we may sign in."""

from mailcrm.net.imap.budget import LoginBudget


class Clock:
    """A clock that stands still until told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_five_a_second_and_host() -> None:
    clock = Clock()
    budget = LoginBudget(clock)
    assert [budget.claim("h", str(n)) for n in range(5)] == [0.0] * 5
    assert 0 < budget.claim("h", "5") <= 1.0
    assert budget.claim("other", "5") == 0.0
    clock.now += 1.0
    assert budget.claim("h", "5") == 0.0


def test_two_in_two_minutes_and_account() -> None:
    clock = Clock()
    budget = LoginBudget(clock)
    assert budget.claim("h", "a") == 0.0
    clock.now += 30
    assert budget.claim("h", "a") == 0.0
    clock.now += 30
    assert budget.claim("h", "a") == 60.0
    clock.now += 60
    assert budget.claim("h", "a") == 0.0


def test_three_refused_accounts_close_the_host() -> None:
    clock = Clock()
    budget = LoginBudget(clock)
    budget.refused("h", "a")
    budget.refused("h", "a")
    budget.refused("h", "b")
    assert budget.claim("h", "z") == 0.0
    budget.refused("h", "c")
    assert budget.claim("h", "y") == 900.0
    assert budget.closed_for("h") == 900.0
    assert budget.claim("other", "y") == 0.0
    clock.now += 901
    assert budget.claim("h", "y") == 0.0
    assert budget.closed_for("h") == 0.0


def test_refusals_long_apart_close_nothing() -> None:
    clock = Clock()
    budget = LoginBudget(clock)
    for account in "abcdef":
        budget.refused("h", account)
        clock.now += 200
    assert budget.claim("h", "z") == 0.0
