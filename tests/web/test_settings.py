"""What the configuration decides for the pages: policy for admins, never-lists, dropboxes."""

import pytest

from mailcrm.config import parse
from tests.web.company import Company
from tests.web.places import BORIS_LETTER, numbers
from web import site


@pytest.mark.parametrize(("policy", "status"), [(False, 404), (True, 200)])
def test_admins_read_everything_only_where_the_company_says_so(company: Company, policy: bool, status: int) -> None:
    app = company.app(admin_reads_bodies=policy)

    answer = company.browser("vera", app=app).get(f"/messages/{company.number(BORIS_LETTER)}/raw")

    assert answer.status_code == status


def test_a_client_has_an_address_for_copies_where_there_is_a_dropbox(company: Company) -> None:
    client = numbers(company)["client_id"]

    with_dropbox = company.browser("anna", app=company.app(dropboxes=("crm@example.com",))).get(f"/clients/{client}")
    without = company.browser("anna").get(f"/clients/{client}")

    assert f"crm+c{client}." in with_dropbox.text
    assert "crm+c" not in without.text


def test_the_site_takes_what_the_configuration_decides(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("site") / "config.toml"
    text = (
        'domains = ["Example.com"]\n[privacy]\nnever = ["Lawyer.example"]\nadmin_reads_bodies = true\n'
        '[sync]\ndropboxes = ["CRM@example.com"]\n'
    )

    made = site.from_config(parse(text, path))

    assert made.never == {"lawyer.example"}
    assert made.dropboxes == ("crm@example.com",)
    assert made.admin_reads_bodies
