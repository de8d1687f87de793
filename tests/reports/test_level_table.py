"""All levels at a glance: the person's word, the machine's beside it, each a way to its field."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import User
from reporting.predictions.services import set_blind_rule
from reporting.reports import services
from reporting.reports.form_view import form_view
from reporting.reports.level_table import TableCell, level_table
from reporting.reports.models import Report
from reporting.reports.services.reading import load_sheet
from tests.reports.factories import accept, change, make_draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


def cells(report: Report) -> dict[str, TableCell]:
    form = form_view(report, load_sheet(report), chinese=False, can_edit=True)
    return {cell.field.place: cell for row in level_table(form) for cell in row.cells if cell is not None}


def test_what_the_machine_said_stays_beside_another_word_of_the_reader(senior: User) -> None:
    report = make_draft()
    suggested = cells(report)["disc_class@C5/6"]
    assert (suggested.value, suggested.machine, suggested.differs) == ("", "herniation", False)
    services.confirm_levels(report, by=senior, expected_version=report.version)
    accept(report, "disc_class@C5/6", senior)
    change(report, "slip@C4", "none", senior)
    change(report, "canal_grade@C5/6", "3", senior)
    found = cells(report)
    assert (found["disc_class@C5/6"].sign, found["disc_class@C5/6"].differs) == ("herniation", False)
    assert (found["slip@C4"].sign, found["slip@C4"].machine_sign, found["slip@C4"].differs) == ("−", "+", True)
    assert found["canal_grade@C5/6"].sign == "3"
    assert found["canal_grade@C2/3"].sign == ""


def test_every_cell_leads_to_its_field_and_a_blind_reader_sees_no_machine_in_it(senior: User) -> None:
    report = make_draft()
    client = Client()
    client.force_login(senior)
    page = client.get(reverse("reports:panels", args=[report.pk])).json()["html"]["level_table"]
    assert 'data-go-place="lf@C5/6:right"' in page
    assert "herniation" in page
    set_blind_rule(by=senior, user=senior, is_on=True)
    blind = make_draft()
    page = client.get(reverse("reports:panels", args=[blind.pk])).json()["html"]["level_table"]
    assert 'data-go-place="lf@C5/6:right"' in page
    assert "machine-said" not in page
