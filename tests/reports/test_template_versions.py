"""A new version of the template changes nothing of what was begun or signed with an earlier one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import User
from reporting.core.errors import InvalidInput
from reporting.reports import services
from reporting.reports.digests import first_broken
from reporting.reports.models import Report
from reporting.reports.rendering import Language, render
from reporting.reports.sheet import Sheet
from reporting.reports.template import CURRENT, FIRST
from tests.reports.factories import change, complete, make_draft, sign, signed_report
from tests.reports.sheets import FACTS, WORKED_EXAMPLE, normal_sheet_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


@pytest.fixture
def begun_with_the_first_version(monkeypatch: pytest.MonkeyPatch) -> Report:
    with monkeypatch.context() as earlier:
        earlier.setattr("reporting.reports.services.drafts.CURRENT", FIRST)
        return make_draft()


def test_a_new_report_is_written_with_the_newest_version() -> None:
    assert make_draft().template.version == CURRENT.version == "3"


def test_a_report_begun_with_an_earlier_version_goes_on_with_its_fields_and_is_signed(
    senior: User, begun_with_the_first_version: Report
) -> None:
    report = begun_with_the_first_version
    with pytest.raises(InvalidInput):
        change(report, "hern_zone@C5/6#2", "central", senior)
    with pytest.raises(InvalidInput):
        change(report, "cervical_rib_side", "left", senior)
    change(report, "numbering_anomaly", "cervical_rib", senior)
    complete(report, senior)
    sign(report, senior)
    version = report.versions.get()
    assert version.template_version == "1"
    assert "There is a cervical rib." in version.text_en
    assert first_broken() is None


def test_the_worked_example_reads_the_same_in_both_versions() -> None:
    newest = normal_sheet_with(WORKED_EXAMPLE)
    for language in Language:
        assert render(Sheet(FIRST, newest.statements, FACTS), language).text == render(newest, language).text


def test_a_signed_report_keeps_its_words_when_the_program_words_it_otherwise(
    senior: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = signed_report(senior)
    told = report.versions.get().text_en
    monkeypatch.setattr("reporting.reports.rendering.cord.size_sentence", lambda *_: None)
    assert "Cord calibre is normal." in told
    assert "Cord calibre is normal." not in services.preview(report).en.text
    client = Client()
    client.force_login(senior)
    assert "Cord calibre is normal." in client.get(reverse("reports:read", args=[report.pk])).content.decode()
