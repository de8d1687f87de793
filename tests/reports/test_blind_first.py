"""Blind-first: read, lock, reveal, revise. While a reader is blind nothing the machine said reaches them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import StaleVersion, WrongState
from reporting.predictions.models import InferenceJob
from reporting.predictions.services import set_blind_rule
from reporting.reports import services
from reporting.reports.blind import reads_blind
from reporting.reports.models import FirstRead, Report
from reporting.reports.three_readings import Switch, three_readings
from reporting.reports.views import images
from tests.factories import add_object
from tests.reports.factories import (
    PREDICTIONS,
    accept,
    change,
    make_draft,
    make_job,
    make_study,
    make_user,
    row,
    sign,
)

pytestmark = pytest.mark.django_db
P = 0.9137  # a probability that stands nowhere else
T = 0.4711


def unmistakable() -> list[dict[str, Any]]:
    return [{**entry, "probability": P, "threshold": T, "mm": 3.77} for entry in PREDICTIONS]


@pytest.fixture
def report(senior: User) -> Report:
    """A draft whose machine values cannot be mistaken, of a study that is read blind."""
    study = make_study()
    job = make_job(study, unmistakable())
    InferenceJob.objects.filter(pk=job.pk).update(
        result={**job.result, "measurements": [{"finding": "pll", "level": "C5/6", "mm": 3.77}]}
    )
    made = services.draft_report(study=study, job=job)
    assert made is not None
    set_blind_rule(by=senior, study=study, is_on=True)
    return made


def confirm(report: Report, by: User) -> None:
    services.confirm_levels(report, by=by, expected_version=report.version)


def lock(report: Report, by: User) -> FirstRead:
    return services.lock_first_read(report, by=by, expected_version=report.version)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def routes(report: Report) -> dict[str, str]:
    """Every address under which something of a draft or its study is shown."""
    job = report.job
    assert job is not None
    of_report = {"report_id": report.pk}
    return {
        "page": reverse("reports:read", kwargs=of_report),
        "panels": reverse("reports:panels", kwargs=of_report),
        "draft text": reverse("reports:draft_file", kwargs={**of_report, "extension": "txt"}),
        "draft json": reverse("reports:draft_file", kwargs={**of_report, "extension": "json"}),
        "report": reverse("api:report", kwargs=of_report),
        "problems": reverse("api:report-problems", kwargs=of_report),
        "narrative": reverse("api:report-narrative", kwargs=of_report),
        "key slices": reverse("api:report-key-slices", kwargs=of_report),
        "export": reverse("api:report-draft-export", kwargs={**of_report, "export_format": "json"}),
        "job": reverse("api:job", kwargs={"job_id": job.pk}),
        "jobs": reverse("api:study-jobs", kwargs={"study_id": report.study_id}),
        "predictions": reverse("api:job-predictions", kwargs={"job_id": job.pk}),
        "study": reverse("studies:detail", kwargs={"study_id": report.study_id}),
        "worklist": reverse("worklist:list"),
    }


TELLS = (
    str(P),
    str(T),
    "3.77",
    "91.4",
    "paracentral&quot;",
    '"paracentral"',
    '"ai_suggested"',
    '"human_changed"',
    "is-suggested",
    "act-accept",
    "suggestion_undecided",
)


def tells(text: str) -> list[str]:
    """What ``text`` gives away; a time of day such as 19:13:43.771 gives nothing away."""
    return [tell for tell in TELLS if re.search(rf"(?<!\d){re.escape(tell)}", text)]


def test_while_blind_no_address_tells_what_the_machine_said(report: Report, junior: User) -> None:
    client, sighted = logged_in(junior), logged_in(make_user(Role.AUDITOR))
    told = {}
    for name, address in routes(report).items():
        # The words that a mark for training may say are the same for everybody, whatever the machine said.
        shown = re.sub(r'<script id="mark-words".*?</script>', "", client.get(address).content.decode(), flags=re.S)
        assert tells(shown) == [], name
        told[name] = bool(tells(sighted.get(address).content.decode()))
    assert {name for name, tells in told.items() if tells} >= {"page", "report", "predictions", "draft json", "job"}


def test_the_templates_are_handed_no_machine_value(report: Report, junior: User) -> None:
    context = logged_in(junior).get(routes(report)["page"]).context
    form = context["form"]
    groups = (form.exam, form.alignment, *form.levels, form.cord, form.other)
    fields = [field for group in groups for field in group.fields]
    assert fields
    assert all(f.machine is None and not f.beside and not f.machine_note and not f.is_suggested for f in fields)
    assert not any(choice.is_suggested for f in fields for choice in f.choices)
    assert (form.suggested, context["beside"], context["gate_line"]) == (0, [], "")


def test_while_blind_pictures_carry_no_outline(report: Report, junior: User, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(images, "label_map_digests", lambda job, instance: asked.append(instance) or ())
    instance = add_object(report.study.series_set.get(role="axial_t2"))
    address = reverse("reports:image", args=[report.pk, instance.pk, 1]) + "?contours=1"
    logged_in(junior).get(address)
    assert asked == []
    confirm(report, junior)
    lock(report, junior)
    logged_in(junior).get(address)
    assert asked == [instance.pk]


def test_an_answer_to_a_change_tells_nothing_either(report: Report, junior: User) -> None:
    confirm(report, junior)
    client = logged_in(junior)
    for act, body in (
        ("change", {"place": "disc_class@C5/6", "value": "normal"}),  # the machine says herniation
        ("change", {"place": "disc_class@C5/6", "value": "herniation"}),
        ("clear", {"place": "disc_class@C5/6"}),
        ("not-evaluable", {"place": "disc_class@C5/6"}),
        ("accept", {"place": "disc_class@C5/6"}),
        ("accept", {"place": "canal_grade@C5/6"}),
    ):
        report.refresh_from_db()
        address = reverse(f"api:report-findings-{act}", args=[report.pk])
        answer = client.post(address, body, "application/json", headers={"If-Match": f'"{report.version}"'})
        assert tells(answer.content.decode()) == [], act
        assert answer.status_code == (409 if act == "accept" else 200)
    stale = client.post(address, body, "application/json", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert tells(stale.content.decode()) == []


def test_before_the_levels_are_confirmed_no_value_is_told_apart(report: Report, junior: User) -> None:
    for value in ("herniation", "normal", "bulge"):
        with pytest.raises(WrongState, match="levels"):
            change(report, "disc_class@C5/6", value, junior)
    change(report, "lordosis", "straightened", junior)


def test_confirm_the_rest_takes_no_hint_from_the_machine(report: Report, junior: User) -> None:
    confirm(report, junior)
    done = services.confirm_rest(report, by=junior, expected_version=report.version)
    assert done.remaining == ()
    assert row(report, "disc_class@C5/6").value == "normal"  # the machine says herniation
    assert row(report, "slip@C4").value == "none"


def test_the_report_goes_on_only_after_the_first_read_is_locked(report: Report, senior: User) -> None:
    confirm(report, senior)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    digest = services.preview(report).digest
    with pytest.raises(WrongState, match="Lock"):
        services.approve_preliminary(report, by=senior, expected_version=report.version, content_digest=digest)
    with pytest.raises(WrongState, match="Lock"):
        sign(report, senior)
    lock(report, senior)
    sign(report, senior)


def test_first_read_machine_value_and_final_read_are_kept_and_switches_can_be_counted(
    report: Report, junior: User, senior: User
) -> None:
    confirm(report, junior)
    change(report, "slip@C4", "present", junior)
    change(report, "slip_direction@C4", "posterior", junior)
    change(report, "slip_grade@C4", "I", junior)
    services.confirm_rest(report, by=junior, expected_version=report.version)
    first = lock(report, junior)
    assert not reads_blind(report, junior)
    assert row(report, "disc_class@C5/6").state == "human_changed"  # now that it may be known
    change(report, "disc_class@C5/6", "herniation", junior)
    for detail, value in (("hern_zone", "paracentral"), ("hern_side", "right")):
        change(report, f"{detail}@C5/6", value, junior)
    change(report, "slip@C4", "none", junior)
    digest = services.preview(report).digest
    services.approve_preliminary(report, by=junior, expected_version=report.version, content_digest=digest)
    sign(report, senior)
    read = {str(r.place): r for r in three_readings(first)}
    herniation, slip, osteophyte = (read[key] for key in ("disc_class@C5/6", "slip@C4", "osteophyte@C6"))
    assert (herniation.first, herniation.machine, herniation.final) == ("normal", "herniation", "herniation")
    assert herniation.switch is Switch.TOWARD_MACHINE
    assert (slip.first, slip.machine, slip.final) == ("present", "present", "none")
    assert slip.switch is Switch.AWAY_FROM_MACHINE
    assert osteophyte.switch is Switch.KEPT
    assert read["canal_grade@C5/6"].machine is None


def test_a_first_read_follows_its_structure_when_the_levels_are_corrected_later(report: Report, junior: User) -> None:
    confirm(report, junior)
    change(report, "disc_class@C5/6", "bulge", junior)
    first = lock(report, junior)
    services.shift_levels(report, 1, by=junior, expected_version=report.version)
    (moved,) = [r for r in three_readings(first) if r.structure == "C5/6" and r.place.field == "disc_class"]
    assert (str(moved.place), moved.first, moved.machine) == ("disc_class@C6/7", "bulge", "herniation")


def test_a_first_read_is_locked_once_and_never_changes(report: Report, junior: User) -> None:
    confirm(report, junior)
    seen = report.version
    lock(report, junior)
    with pytest.raises(StaleVersion):
        services.lock_first_read(report, by=junior, expected_version=seen)
    with pytest.raises(WrongState):
        lock(report, junior)
    with pytest.raises(IntegrityError), transaction.atomic():
        FirstRead.objects.update(values="{}")
    event = AuditEvent.objects.get(act="blind.reading_locked")
    assert event.data["sha256"] == FirstRead.objects.get().sha256
    assert json.loads(FirstRead.objects.get().values)["values"]


def test_who_is_not_blind_sees_the_machine_and_has_nothing_to_lock(junior: User) -> None:
    report = make_draft()
    assert "ai_suggested" in logged_in(junior).get(routes(report)["page"]).content.decode()
    with pytest.raises(WrongState):
        lock(report, junior)


def test_a_draft_that_another_began_is_no_first_read(senior: User, junior: User) -> None:
    set_blind_rule(by=senior, user=senior, is_on=True)
    report = make_draft()
    change(report, "quality", "good", junior)
    assert not reads_blind(report, senior)


def test_a_reported_study_is_blind_to_nobody(report: Report, senior: User, junior: User) -> None:
    confirm(report, senior)
    lock(report, senior)
    for key in ("disc_class@C5/6", "slip@C4", "osteophyte@C5", "lf@C5/6:right"):
        accept(report, key, senior)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    sign(report, senior)
    assert not reads_blind(report, junior)
    assert str(P) in logged_in(junior).get(routes(report)["predictions"]).content.decode()
