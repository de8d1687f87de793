"""The form: a reason where the machine is silent, evidence where it speaks, problems beside their fields."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.form_parts import FieldView
from reporting.reports.form_view import form_view
from reporting.reports.models import Report
from tests.reports.factories import change, make_draft, make_job, make_study, prediction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]
GATE = {
    "status": "partial",
    "findings": {
        "slip": {"status": "withheld", "reasons": ["missing_sagittal_t1"]},
        "osteophyte": {"status": "withheld", "reasons": ["missing_sagittal_t1"]},
        "herniation": {"status": "run", "reasons": []},
    },
}


def fields(report: Report, *, chinese: bool = False) -> dict[str, FieldView]:
    form = form_view(report, services.load_sheet(report), chinese=chinese, can_edit=True)
    groups = (form.exam, form.alignment, *form.levels, form.cord, form.other)
    return {field.place: field for group in groups for field in group.fields}


def page(report: Report, user: User, **headers: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("reports:read", args=[report.pk]), **headers).content.decode()


def test_silence_names_its_reason_at_every_field_it_concerns(senior: User) -> None:
    """N12: no sagittal T1, so nothing is said of slips and osteophytes; discs are spoken of."""
    study = make_study()
    report = services.draft_report(study=study, job=make_job(study, [prediction("herniation", "C5/6")], gate=GATE))
    assert report is not None
    shown = fields(report)
    assert {shown[f"{key}@{level}"].not_run for key in ("slip", "osteophyte") for level in ("C3", "C5")} == {
        "no sagittal T1"
    }
    assert shown["disc_class@C5/6"].not_run == ""
    assert shown["lordosis"].not_run == ""
    assert "machine not run: no sagittal T1" in page(report, senior)
    chinese = page(report, senior, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "机器未运行：" in chinese


def test_without_a_machine_its_columns_are_empty(senior: User) -> None:
    """N16: no worker at all."""
    report = services.start_report(study=make_study(), by=senior)
    assert all(f.machine is None and not f.not_run and not f.machine_note for f in fields(report).values())
    assert "finding-machine" not in page(report, senior)


def test_a_machine_value_shows_threshold_disagreement_and_what_is_not_validated(senior: User) -> None:
    study = make_study()
    said = prediction("herniation", "C5/6", mm=4.1, mm_from_mask=5.4, zone="central", flags=["mask_disagrees"])
    report = services.draft_report(study=study, job=make_job(study, [said]))
    assert report is not None
    machine = fields(report)["disc_class@C5/6"].machine
    assert machine is not None
    assert (machine.probability, machine.threshold, machine.disagrees) == (0.9, 0.5, True)
    assert fields(report)["hern_zone@C5/6"].unvalidated
    html = page(report, senior)
    for part in ("bar-threshold", "outline says 5.4 mm", "unvalidated", "network and outline disagree"):
        assert part in html
    assert html.count('class="disagrees">outline says 5.4 mm') == 1, "while its level is closed"
    assert html.count('class="disagrees">≠') == 1, "in the table of levels"
    assert 'tag-warn">network and outline disagree' not in html, "both lengths say it already"


def test_a_problem_stands_beside_every_field_it_is_about(senior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=senior, expected_version=report.version)
    change(report, "cord_signal", "normal", senior)
    change(report, "canal_grade@C4/5", "3", senior)
    html = page(report, senior)
    for dom_id in ("f-canal_grade-C4-5", "f-cord_signal"):
        field = html[html.index(f'id="{dom_id}"') :]
        field = field[: field.index("data-finding", 400) if "data-finding" in field[400:] else None]
        assert "Canal grade 3 at C4/5, but no cord signal change there" in field


def test_every_block_and_every_level_takes_a_comment_that_may_go_to_the_impression(senior: User) -> None:
    report = make_draft()
    for key, text in (("comment_disc@C5/6", "Looks old."), ("comment_other", "Small lymph nodes.")):
        change(report, key, text, senior)
        block, _at, level = key.partition("@")
        change(report, f"{block}_to_impression{'@' * bool(level)}{level}", "yes", senior)
    for rendering in (services.preview(report).en, services.preview(report).zh):
        assert "Looks old." in rendering.findings_text
        assert "Looks old." in rendering.impression_text
        assert "Small lymph nodes." in rendering.impression_text
