"""Two frames of reference of a study: a reader says how they lie to each other; nobody's word is overwritten unseen."""

from __future__ import annotations

import pytest

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, StaleVersion
from reporting.studies.models import Series, Study
from reporting.studies.services import align_frames
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db
FIRST, SECOND = "1.2.3.1", "1.2.3.2"


@pytest.fixture
def study() -> Study:
    study = make_study()
    Series.objects.filter(study=study).update(frame_of_reference_uid=FIRST)
    Series.objects.create(study=study, series_instance_uid="1.2.3", modality="MR", frame_of_reference_uid=SECOND)
    return study


@pytest.fixture
def junior() -> User:
    return make_user(Role.JUNIOR, section="neuroradiology")


def test_an_offset_is_kept_with_who_said_it(study: Study, junior: User) -> None:
    stored = align_frames(study, from_uid=SECOND, to_uid=FIRST, offset_mm=[1, -2.5, 0], by=junior, expected_version=0)
    assert (stored.offset_mm, stored.version, stored.set_by) == ([1.0, -2.5, 0.0], 1, junior)
    event = AuditEvent.objects.latest("sequence")
    assert (event.act, event.data["offset_mm"]) == ("study.frames_aligned", [1.0, -2.5, 0.0])


def test_said_the_other_way_round_it_is_the_same_pair(study: Study, junior: User) -> None:
    align_frames(study, from_uid=SECOND, to_uid=FIRST, offset_mm=[1, 0, 0], by=junior, expected_version=0)
    stored = align_frames(study, from_uid=FIRST, to_uid=SECOND, offset_mm=[0, 3, 0], by=junior, expected_version=1)
    assert study.alignments.count() == 1
    assert (stored.from_uid, stored.offset_mm, stored.version) == (SECOND, [0.0, -3.0, 0.0], 2)


def test_agreement_and_taking_back_are_different_statements(study: Study, junior: User) -> None:
    agree = align_frames(study, from_uid=SECOND, to_uid=FIRST, offset_mm=[0, 0, 0], by=junior, expected_version=0)
    assert agree.offset_mm == [0.0, 0.0, 0.0]
    taken_back = align_frames(study, from_uid=SECOND, to_uid=FIRST, offset_mm=None, by=junior, expected_version=1)
    assert taken_back.offset_mm is None


@pytest.mark.parametrize("seen", [0, 2])
def test_what_somebody_else_said_meanwhile_is_not_overwritten(study: Study, junior: User, seen: int) -> None:
    align_frames(study, from_uid=SECOND, to_uid=FIRST, offset_mm=[1, 0, 0], by=junior, expected_version=0)
    with pytest.raises(StaleVersion):
        align_frames(study, from_uid=FIRST, to_uid=SECOND, offset_mm=[9, 0, 0], by=junior, expected_version=seen)
    assert study.alignments.get().offset_mm == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("from_uid", "to_uid", "offset"),
    [
        (FIRST, FIRST, [0.0, 0.0, 0.0]),
        (FIRST, "9.9", [0.0, 0.0, 0.0]),
        (FIRST, SECOND, [float("nan"), 0.0, 0.0]),
        (FIRST, SECOND, [1e6, 0.0, 0.0]),
        (FIRST, SECOND, [1.0]),
    ],
)
def test_nonsense_is_refused(study: Study, junior: User, from_uid: str, to_uid: str, offset: list[float]) -> None:
    with pytest.raises(InvalidInput):
        align_frames(study, from_uid=from_uid, to_uid=to_uid, offset_mm=offset, by=junior, expected_version=0)
    assert not study.alignments.exists()


def test_who_writes_no_reports_aligns_nothing(study: Study) -> None:
    with pytest.raises(NotAllowed):
        align_frames(
            study, from_uid=SECOND, to_uid=FIRST, offset_mm=[1, 0, 0], by=make_user(Role.AUDITOR), expected_version=0
        )
