"""A crawler that finds planted leaks finds none as a blinded reader, and no change where hidden things change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import messages
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


def _uid_of_the_original(patch: pytest.MonkeyPatch) -> None:
    original = property(lambda copy: copy.source.series_instance_uid, lambda _copy, _uid: None)
    patch.setattr(CaseSeries, "series_instance_uid", original)


def _another_in_a_message(patch: pytest.MonkeyPatch) -> None:
    """As a notification would tell it: said at one address, shown at the next."""
    honest = reading_views.render

    def render(request: Any, template: str, context: dict[str, Any]) -> Any:
        others = Reading.objects.exclude(assignment__reader__member__user=request.user)
        messages.info(request, f"{others[0].assignment.reader.member.user.full_name} has submitted")
        return honest(request, template, context)

    patch.setattr(reading_views, "render", render)


PLANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "page: the machine's word": (
        "machine's word",
        lambda patch: patch.setattr(ArmKind, "needs_algorithm", True),
    ),
    "page: the truth": ("truth", _truth_in_the_page),
    "page: another's reading": ("other reading", _anybodys_reading),
    "page: what is for the owner": (
        "owner",
        lambda patch: patch.setitem(IN_STUDY, StudyRole.READER, frozenset(StudyAct)),
    ),
    "template's context": ("prediction 0", _machine_in_the_context),
    "API: levels": ("machine's levels", lambda patch: patch.setattr(viewing, "sees_machine", lambda *_: True)),
    "API: accounts": ("other reader", lambda patch: _grant(patch, Act.USER_MANAGE)),
    "overlays": ("machine's outlines", lambda patch: patch.setattr(api, "sees_machine", lambda *_: True)),
    "DICOM header: description": (
        "series description",
        lambda patch: patch.setattr(CaseSeries, "description", property(lambda copy: copy.source.description)),
    ),
    "DICOM header: UID": ("series uid 0", _uid_of_the_original),
    "ETag": ("original's digest", _etag_of_the_original),
    "search and DICOMweb": (
        "patient's name",
        lambda patch: patch.setattr(type(Study.objects.all()), "visible_to", _see_all),
    ),
    "report and its pictures": (
        "report",
        lambda patch: patch.setattr(type(Report.objects.all()), "visible_to", _see_all),
    ),
    "audit pages": ("study", lambda patch: _grant(patch, Act.AUDIT_VIEW)),
    "message": ("other reader", _another_in_a_message),
}
"""By which way → what is told there, and what lets it be told."""


@pytest.mark.parametrize("way", PLANTS)
def test_the_crawler_finds_a_planted_leak(way: str, unaided: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, plant = PLANTS[way]
    plant(monkeypatch)
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
