"""A crawler that finds planted leaks finds none as a blinded reader, and no change where hidden things change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from reporting.accounts.models import Role
from reporting.accounts.permissions import PERMISSIONS, Act
from reporting.predictions.models import Prediction
from reporting.reader_studies import api, services, viewing
from reporting.reader_studies.models import CaseObject, CaseSeries, ReaderStudy, Reading, ReferenceStandard
from reporting.reader_studies.permissions import IN_STUDY, StudyAct
from reporting.reader_studies.rated import LEVELS
from reporting.reader_studies.truth_file import example
from reporting.reader_studies.views import reading as reading_views
from reporting.reader_studies.words import ArmKind, StudyRole
from reporting.reports.models import Report
from reporting.studies.models import Study
from tests.reader_studies.blinded import ids_of, made, open_in, secrets_of, study
from tests.reader_studies.crawler import Leak, addresses, leaks, told
from tests.reader_studies.factories import owner_of, read_next

__all__ = ["made", "study"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def unaided(study: ReaderStudy) -> Reading:
    """A blinded reader in the middle of a case; another reader reads too, and the truth is known."""
    services.import_truth(study, example(study).encode(), by=owner_of(study))
    other = study.readers.all()[1]
    services.open_reading(other, by=other.member.user)
    return open_in(study, ArmKind.UNAIDED)


def _walk(reading: Reading) -> list[Leak]:
    client = Client(raise_request_exception=False)
    client.force_login(reading.assignment.reader.member.user)
    return leaks(client, ids_of(reading), secrets_of(reading))


def _grant(patch: pytest.MonkeyPatch, *acts: Act) -> None:
    patch.setitem(PERMISSIONS, Role.READER, PERMISSIONS[Role.READER] | set(acts))


def _etag_of_the_original(patch: pytest.MonkeyPatch) -> None:
    honest = api.CaseFrameView.get

    def get(self: Any, request: Any, case_id: Any, uid: str, frame: int) -> Any:
        answer = honest(self, request, case_id, uid, frame)
        answer["ETag"] = f'"{CaseObject.objects.get(sop_instance_uid=uid).source.sha256}"'
        return answer

    patch.setattr(api.CaseFrameView, "get", get)


def _truth_in_the_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_views, "page_strings", lambda: {"t": str(ReferenceStandard.objects.all()[0].pk)})


def _see_all(rows: Any, *_who: Any) -> Any:
    return rows


def _machine_in_the_context(patch: pytest.MonkeyPatch) -> None:
    """Loaded for the template, which shows nothing of it."""
    honest = reading_views.render

    def render(request: Any, template: str, context: dict[str, Any]) -> Any:
        reading = context.get("reading")
        return honest(
            request, template, context | {"behind": reading and list(reading.assignment.case.job.predictions.all())}
        )

    patch.setattr(reading_views, "render", render)


def _anybodys_reading(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_views, "open_readings", lambda _user: Reading.objects.all())
    patch.setattr(reading_views, "_own_reading", lambda _request, reading_id: Reading.objects.get(pk=reading_id))


PLANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "machine's word": lambda patch: patch.setattr(ArmKind, "needs_algorithm", True),
    "machine's levels": lambda patch: patch.setattr(viewing, "sees_machine", lambda *_: True),
    "machine's outlines": lambda patch: patch.setattr(api, "sees_machine", lambda *_: True),
    "original's digest": _etag_of_the_original,
    "series description": lambda patch: patch.setattr(
        CaseSeries, "description", property(lambda s: s.source.description)
    ),
    "truth": _truth_in_the_page,
    "prediction 0": _machine_in_the_context,
    "other reading": _anybodys_reading,
    "patient's name": lambda patch: patch.setattr(type(Study.objects.all()), "visible_to", _see_all),
    "report": lambda patch: patch.setattr(type(Report.objects.all()), "visible_to", _see_all),
    "study": lambda patch: _grant(patch, Act.AUDIT_VIEW),
    "other reader": lambda patch: _grant(patch, Act.USER_MANAGE),
    "owner": lambda patch: patch.setitem(IN_STUDY, StudyRole.READER, frozenset(StudyAct)),
}


@pytest.mark.parametrize("secret", PLANTS)
def test_the_crawler_finds_a_planted_leak(secret: str, unaided: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[secret](monkeypatch)
    assert secret in {leak.what for leak in _walk(unaided)}


def test_a_blinded_reader_learns_nothing_at_any_address(unaided: Reading) -> None:
    assert len(list(addresses(ids_of(unaided)))) > 150
    assert _walk(unaided) == []


def test_what_only_a_template_is_given_is_found_there(unaided: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    _machine_in_the_context(monkeypatch)
    assert {leak.where for leak in _walk(unaided) if leak.what == "prediction 0"} == {"context"}


def _told(reading: Reading, ids: dict[str, list[Any]]) -> dict[str, dict[str, bytes]]:
    client = Client(raise_request_exception=False)
    client.force_login(reading.assignment.reader.member.user)
    return dict(told(client, ids))


def _hidden_things_happen(reading: Reading) -> None:
    """The truth becomes known, another reader submits, the algorithm says more, the patient gets another name."""
    study, case = reading.assignment.reader.reader_study, reading.assignment.case
    services.import_truth(study, example(study).encode(), by=owner_of(study))
    read_next(study.readers.exclude(pk=reading.assignment.reader_id)[0])
    assert case.job is not None
    said = set(case.job.predictions.filter(finding="slip").values_list("level", flat=True))
    level = next(level for level in LEVELS if level not in said)
    more = {"probability": 0.99, "threshold": 0.5, "positive": True}
    Prediction.objects.create(job=case.job, finding="slip", level=level, **more)
    type(case.study.patient).objects.update(name="Wang^Another", sex="O")


def _changed_by_hidden_things(study: ReaderStudy) -> dict[str, list[str]]:
    """Addresses whose answers differ before and after → where in the answer."""
    reading = open_in(study, ArmKind.UNAIDED)
    other = study.readers.exclude(pk=reading.assignment.reader_id)[0]
    services.open_reading(other, by=other.member.user)
    ids = ids_of(reading)
    before = _told(reading, ids)
    _hidden_things_happen(reading)
    after = _told(reading, ids)
    assert before.keys() == after.keys()
    return {
        address: [where for where in said if said[where] != before[address].get(where)]
        for address, said in after.items()
        if said != before[address]
    }


def test_nothing_a_blinded_reader_gets_depends_on_what_is_hidden(study: ReaderStudy) -> None:
    """No count, length, order, header or status: the same bytes at every address before and after."""
    assert _changed_by_hidden_things(study) == {}


def _number_of_truths(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading_views, "page_strings", lambda: {"n": ReferenceStandard.objects.count()})


def _everybodys_progress(patch: pytest.MonkeyPatch) -> None:
    honest = reading_views.progress
    patch.setattr(
        reading_views,
        "progress",
        lambda reader: [one for each in reader.reader_study.readers.all() for one in honest(each)],
    )


@pytest.mark.parametrize(
    ("plant", "tells"), [(_number_of_truths, "/reader-studies/readings/"), (_everybodys_progress, "/reader-studies/")]
)
def test_a_count_of_hidden_things_is_found_by_what_changes(
    study: ReaderStudy, plant: Callable[[pytest.MonkeyPatch], None], tells: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    changed = _changed_by_hidden_things(study)
    assert changed
    assert all(address.startswith(tells) for address in changed)
