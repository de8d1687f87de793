"""A peer says by commitment, procedure step or notification that a study is complete: inference starts at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import InstanceAvailabilityNotification as Notification
from pynetdicom.sop_class import ModalityPerformedProcedureStep as ProcedureStep

from reporting.audit_trail.models import AuditEvent
from reporting.dicom_network.models import Peer
from reporting.dicom_network.models import ProcedureStep as Step
from reporting.predictions.models import InferenceJob
from reporting.studies.models import Reception, SopInstance
from tests.dicom_network.listening import AE_TITLE, Listener, listening, needs, scanner
from tests.dicom_network.test_listener import commitment
from tests.factories import make_algorithm
from tests.inference.dicom_series import slice_values, write_series

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    needs("storescu")
    scanner()
    make_algorithm()
    write_series(tmp_path / "series", slice_values(3))
    with listening() as running:
        assert running.store(tmp_path).returncode == 0
        yield running


def named(series: str, objects: str, uids: Sequence[tuple[str, str]]) -> Dataset:
    one, said = Dataset(), Dataset()
    items = []
    for sop_class, uid in uids:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
        items.append(item)
    setattr(one, objects, items)
    setattr(said, series, [one])
    return said


def notify(listener: Listener, uids: Sequence[tuple[str, str]]) -> int:
    entity = AE(AE_TITLE)
    entity.add_requested_context(Notification)
    association = entity.associate("127.0.0.1", listener.port, ae_title="DENS")
    said = named("ReferencedSeriesSequence", "ReferencedSOPSequence", uids)
    status, _reply = association.send_n_create(said, Notification, generate_uid())
    association.release()
    return int(status.Status)


def step(listener: Listener, uids: Sequence[tuple[str, str]], state: str) -> tuple[int, int]:
    entity = AE(AE_TITLE)
    entity.add_requested_context(ProcedureStep)
    association = entity.associate("127.0.0.1", listener.port, ae_title="DENS")
    begun, name = Dataset(), generate_uid()
    begun.PerformedProcedureStepStatus = "IN PROGRESS"
    first, _reply = association.send_n_create(begun, ProcedureStep, name)
    said = named("PerformedSeriesSequence", "ReferencedImageSequence", uids)
    said.PerformedProcedureStepStatus = state
    then, _reply = association.send_n_set(said, ProcedureStep, name)
    association.release()
    return int(first.Status), int(then.Status)


def test_what_is_said_to_be_complete_is_analysed_at_once(listener: Listener) -> None:
    kept = list(SopInstance.objects.values_list("sop_class_uid", "sop_instance_uid"))
    # Some of it, or more than is here, is not the study.
    assert notify(listener, kept[:2]) == notify(listener, [*kept, (kept[0][0], generate_uid())]) == 0
    assert notify(listener, []) == 0
    assert step(listener, kept, "DISCONTINUED") == (0, 0)
    assert not InferenceJob.objects.exists()
    assert notify(listener, kept) == 0
    (job,) = InferenceJob.objects.all()
    assert job.study.series_set.get().sop_instances.count() == 3
    assert step(listener, kept, "COMPLETED") == (0, 0)
    assert InferenceJob.objects.count() == 1
    assert list(Step.objects.order_by("created_at").values_list("status", flat=True)) == ["DISCONTINUED", "COMPLETED"]
    told = AuditEvent.objects.filter(act="completion.said", actor=Peer.objects.get().received_as).order_by("pk")
    assert [(one.data["how"], one.data["objects"], one.data["complete_studies"]) for one in told] == [
        *(("notification", number, studies) for number, studies in ((2, 0), (4, 0), (0, 0), (3, 1))),
        ("procedure_step", 3, 1),
    ]
    assert [one.object_id for one in told][3:] == [str(job.study.pk)] * 2


def test_a_procedure_step_that_ended_starts_it(listener: Listener) -> None:
    kept = list(SopInstance.objects.values_list("sop_class_uid", "sop_instance_uid"))
    assert step(listener, kept, "COMPLETED") == (0, 0)
    assert InferenceJob.objects.count() == 1
    assert not Reception.objects.under_way().exists()


def test_a_storage_commitment_that_is_answered_whole_starts_it(listener: Listener) -> None:
    kept = list(SopInstance.objects.values_list("sop_class_uid", "sop_instance_uid"))
    kind, _report = commitment(listener, [*kept, (kept[0][0], generate_uid())])
    assert (kind, InferenceJob.objects.count()) == (2, 0)
    kind, _report = commitment(listener, kept)
    assert (kind, InferenceJob.objects.count()) == (1, 1)


def test_a_step_is_begun_once_and_ends_once(listener: Listener) -> None:
    entity = AE(AE_TITLE)
    entity.add_requested_context(ProcedureStep)
    association = entity.associate("127.0.0.1", listener.port, ae_title="DENS")
    name, other = generate_uid(), generate_uid()

    def said(status: str) -> Dataset:
        one = Dataset()
        one.PerformedProcedureStepStatus = status
        return one

    def begin(status: str) -> int:
        return int(association.send_n_create(said(status), ProcedureStep, name)[0].Status)

    def go_on(uid: str, status: str) -> int:
        return int(association.send_n_set(said(status), ProcedureStep, uid)[0].Status)

    assert begin("COMPLETED") == 0x0106
    assert go_on(name, "COMPLETED") == 0x0112  # never begun
    assert [begin("IN PROGRESS"), begin("IN PROGRESS")] == [0, 0x0111]
    assert [go_on(name, "IN PROGRESS"), go_on(name, "TIRED"), go_on(other, "COMPLETED")] == [0, 0x0106, 0x0112]
    assert [go_on(name, "COMPLETED"), go_on(name, "DISCONTINUED")] == [0, 0x0110]
    association.release()
    assert Step.objects.get().status == "COMPLETED"
