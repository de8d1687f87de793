"""Why an examination was ordered stands at the report's indication, to be taken over by a person and by nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from reporting.accounts.models import User
from reporting.orders.intake import take
from reporting.orders.models import MessageSender
from reporting.orders.senders import Calling, add_sender
from reporting.reports.models import Report
from tests.orders.messages import message, order, patient
from tests.reports.factories import change, make_draft, row

pytestmark = pytest.mark.django_db
WORDS = "The order says: 颈痛伴左上肢麻木"


@pytest.fixture
def report() -> Report:
    return make_draft()


@pytest.fixture
def ris() -> MessageSender:
    return add_sender("RIS", Calling(["127.0.0.1"]), by=None)


def ordered(report: Report, ris: MessageSender, control: str = "NW", **said: str) -> None:
    of = patient(report.study.patient.patient_id)
    wanted = {"accession": report.study.accession_number, "reason": "颈痛伴左上肢麻木", **said}
    take(message(of, *order(control, **wanted)), [ris])


def shown(client: Client, report: Report, by: User) -> str:
    client.force_login(by)
    return client.get(f"/reports/{report.pk}/").content.decode()


def test_the_words_of_the_order_stand_beside_the_field_until_a_person_says_something(
    client: Client, report: Report, ris: MessageSender, senior: User
) -> None:
    assert "The order says" not in shown(client, report, senior)
    ordered(report, ris)
    page = shown(client, report, senior)
    assert WORDS in page
    assert 'data-set="颈痛伴左上肢麻木"' in page
    assert not report.findings.filter(field="indication").exclude(state="unset").exists(), "nothing is said by itself"
    change(report, "indication", "颈痛伴左上肢麻木", senior)
    assert row(report, "indication").set_by == senior
    assert "The order says" not in shown(client, report, senior)


def test_the_request_inside_the_images_is_offered_as_well_unless_it_says_the_same(
    client: Client, report: Report, ris: MessageSender, senior: User
) -> None:
    report.study.indication = "neck pain <2 weeks>"
    report.study.save()
    page = shown(client, report, senior)
    assert "The request in the images says: neck pain &lt;2 weeks&gt;" in page
    assert 'data-set="neck pain &lt;2 weeks&gt;"' in page
    ordered(report, ris)
    assert WORDS in shown(client, report, senior)
    ordered(report, ris, "XO", reason="neck pain <2 weeks>")
    page = shown(client, report, senior)
    assert "The order says: neck pain" in page
    assert "The request in the images says" not in page
    change(report, "indication", "neck pain", senior)
    assert "neck pain &lt;2 weeks&gt;" not in shown(client, report, senior)


@pytest.mark.parametrize(("control", "more"), [("CA", {}), ("NW", {"accession": "OTHER"}), ("NW", {"reason": ""})])
def test_an_order_that_is_cancelled_empty_or_of_something_else_says_nothing(
    client: Client, report: Report, ris: MessageSender, senior: User, control: str, more: dict[str, str]
) -> None:
    ordered(report, ris, control, **more)
    assert "The order says" not in shown(client, report, senior)
