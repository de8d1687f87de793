"""A training set says where each label comes from, names nobody, and is whole or not there."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import NotAllowed, WrongState
from reporting.department_audit.dataset import export, files
from reporting.department_audit.dataset.export import Order, export_dataset
from reporting.department_audit.dataset.split import SIDES, side_of
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import ReferenceRead
from reporting.reports import services
from reporting.reports.models import Report
from reporting.studies import blobs
from reporting.studies.models import Series, SopInstance
from tests.deidentification.planted import as_bytes
from tests.reports.factories import change, complete, make_draft, make_user, sign
from tests.studies.objects import mr_object

pytestmark = pytest.mark.django_db
NOTE = "For the department's own algorithms; consent under protocol 7."
SECRETS = ("Zhang", "San", "张", "A1", "neuroradiology", "Dr senior")


def order(**changes: Any) -> Order:
    return Order(**{"purpose": "training", "seed": 1, "chosen": Filter(), "note": NOTE, **changes})


def add_images(series: Series, count: int = 3, **values: Any) -> None:
    for number in range(1, count + 1):
        dataset = mr_object(
            study=series.study.study_instance_uid, series=series.series_instance_uid, number=number, **values
        )
        dataset.PatientName, dataset.PatientID = "Zhang^San", series.study.patient.patient_id
        stored = blobs.store_bytes(as_bytes(dataset))
        SopInstance.objects.create(
            series=series,
            sop_instance_uid=dataset.SOPInstanceUID,
            sop_class_uid=dataset.SOPClassUID,
            transfer_syntax_uid=dataset.file_meta.TransferSyntaxUID,
            instance_number=number,
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
        )


def signed(senior: User, **values: Any) -> Report:
    report = make_draft()
    for series in report.study.series_set.all():
        add_images(series, **values)
    complete(report, senior)
    change(report, "osteophyte@C6", "present", senior)
    sign(report, senior)
    return report


def study_of(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("studies/*/study.json")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def excluded(folder: Path) -> Counter[str]:
    with (folder / "excluded.csv").open(newline="") as rows:
        return Counter(row["reason"] for row in csv.DictReader(rows))


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR)


def test_labels_say_where_they_come_from(senior: User, auditor: User, tmp_path: Path) -> None:
    report = signed(senior)
    ReferenceRead.objects.create(
        study=report.study, field="pll", level="C5/6", value="thickened", source="surgery", by=senior
    )
    manifest = export_dataset(tmp_path, order(), by=auditor)
    study = study_of(tmp_path)
    labels = {(one["field"], one["level"], one["side"]): one for one in study["labels"]}
    accepted = labels["osteophyte", "C5", ""]
    assert (accepted["value"], accepted["positive"], accepted["truth_source"]) == ("present", True, "final")
    assert (accepted["outcome"], accepted["machine_probability"]) == ("accepted", 0.9)
    assert labels["osteophyte", "C6", ""]["state"] == "human_changed"
    assert labels["osteophyte", "C3", ""]["bulk"] is True
    settled = labels["pll", "C5/6", ""]
    assert (settled["value"], settled["truth_source"]) == ("thickened", "surgery")
    assert settled["final_value"] == "not_thickened"
    assert study["read"]["reader_role"] == "senior"
    assert study["read"]["algorithm_name"] == "dens"
    assert [level["name"] for level in study["levels"]][:2] == ["C2", "C3"]
    with (tmp_path / "labels.csv").open(newline="") as rows:
        assert len(list(csv.DictReader(rows))) == len(study["labels"]) == manifest["counts"]["labels"]


def test_nothing_in_the_export_names_anybody(senior: User, auditor: User, tmp_path: Path) -> None:
    report = signed(senior)
    export_dataset(tmp_path, order(), by=auditor)
    secrets = [*SECRETS, report.study.patient.patient_id + "^", str(report.pk), senior.username, str(senior.pk)]
    secrets += [report.study.study_instance_uid + ".", *(str(i.sop_instance_uid) for i in SopInstance.objects.all())]
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            if len(secret) > 3:
                assert secret.encode() not in content, (secret, path.name)
                assert secret not in str(path.relative_to(tmp_path))


def test_images_and_labels_speak_of_the_same_uids(senior: User, auditor: User, tmp_path: Path) -> None:
    signed(senior)
    export_dataset(tmp_path, order(), by=auditor)
    study = study_of(tmp_path)
    assert {series["role"] for series in study["series"]} == {"sagittal_t1", "sagittal_t2", "axial_t2"}
    for series in study["series"]:
        for file in series["files"]:
            dataset = pydicom.dcmread(tmp_path / "studies" / study["study"] / file["path"])
            assert dataset.SOPInstanceUID == file["sop_instance_uid"]
            assert dataset.SeriesInstanceUID == series["series_instance_uid"]
            assert dataset.StudyInstanceUID == study["study"]
            assert dataset.PatientID == study["patient"]


def test_what_is_no_label_is_listed_with_the_reason(senior: User, auditor: User, tmp_path: Path) -> None:
    withdrawn = signed(senior)
    services.withdraw_report(
        withdrawn,
        reason="wrong patient",
        by=senior,
        password="correct horse battery",
        expected_version=withdrawn.version,
    )
    burned = make_draft()
    for series in burned.study.series_set.all():
        add_images(series, BurnedInAnnotation="YES")
    complete(burned, senior)
    sign(burned, senior)
    report = make_draft()
    for series in report.study.series_set.all():
        add_images(series)
    complete(report, senior)
    services.mark_not_evaluable(report, services_place("osteophyte@C6"), by=senior, expected_version=report.version)
    sign(report, senior)
    manifest = export_dataset(tmp_path, order(), by=auditor)
    reasons = excluded(tmp_path)
    assert manifest["counts"]["studies"] == 1
    assert reasons["withdrawn"] == 1
    assert reasons["burned_in_annotation"] == 1
    assert reasons["not_evaluable"] == 1
    assert sum(reasons.values()) == manifest["counts"]["excluded"]


def services_place(key: str) -> Any:
    from reporting.reports.places import Place

    return Place.parse(key)


def test_a_series_with_one_withheld_object_stays_whole_at_home(senior: User, auditor: User, tmp_path: Path) -> None:
    report = signed(senior)
    odd = report.study.series_set.get(role="sagittal_t1")
    add_images(odd, count=1, BurnedInAnnotation="YES")
    export_dataset(tmp_path, order(), by=auditor)
    assert {series["role"] for series in study_of(tmp_path)["series"]} == {"sagittal_t2", "axial_t2"}
    assert excluded(tmp_path)["burned_in_annotation"] == 1


def test_only_auditors_and_researchers_export_and_it_is_logged(senior: User, auditor: User, tmp_path: Path) -> None:
    signed(senior)
    for role in (Role.SENIOR, Role.JUNIOR, Role.ADMIN, Role.READER, Role.IMPORTER):
        with pytest.raises(NotAllowed):
            export_dataset(tmp_path / role.value, order(), by=make_user(role))
        assert not (tmp_path / role.value).exists()
    manifest = export_dataset(tmp_path / "out", order(), by=make_user(Role.RESEARCHER))
    last = AuditEvent.objects.order_by("-sequence").first()
    assert last is not None
    assert (last.act, last.data["manifest_sha256"]) == ("dataset.exported", manifest["manifest_sha256"])


def test_a_killed_export_is_not_whole_and_goes_on(
    senior: User, auditor: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(senior)
    signed(senior)
    made: list[str] = []
    original = export.write_images

    def killed_at_the_second(study: Any, names: Any, folder: Path) -> Any:
        made.append(folder.name)
        found = original(study, names, folder)
        if len(made) == 2:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(export, "write_images", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        export_dataset(tmp_path, order(), by=auditor)
    with pytest.raises(files.ExportDamaged, match="not whole"):
        files.verified(tmp_path)
    with pytest.raises(WrongState):
        export_dataset(tmp_path, order(purpose="another"), by=auditor)
    manifest = export_dataset(tmp_path, order(), by=auditor)
    assert len(made) == 3, "the first study was kept"
    assert files.verified(tmp_path)["counts"] == manifest["counts"]
    assert not list(tmp_path.rglob("*.part"))
    with pytest.raises(WrongState):
        export_dataset(tmp_path, order(), by=auditor)


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("name", ["manifest.json", "files.sha256", "labels.csv", "split.json"])
def test_a_changed_file_is_noticed(senior: User, auditor: User, tmp_path: Path, name: str) -> None:
    signed(senior)
    export_dataset(tmp_path, order(), by=auditor)
    call_command("dataset", "verify", str(tmp_path))
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace("train", "tests") if "train" in text else text + " ")
    with pytest.raises(CommandError, match=name):
        call_command("dataset", "verify", str(tmp_path))


def test_an_added_and_a_removed_file_are_noticed(senior: User, auditor: User, tmp_path: Path) -> None:
    signed(senior)
    export_dataset(tmp_path, order(), by=auditor)
    (tmp_path / "more.txt").write_text("x")
    with pytest.raises(files.ExportDamaged, match=r"more\.txt"):
        files.verified(tmp_path)
    (tmp_path / "more.txt").unlink()
    next(tmp_path.rglob("*.dcm")).unlink()
    with pytest.raises(files.ExportDamaged, match="missing"):
        files.verified(tmp_path)


def test_a_later_export_keeps_an_old_patients_side_and_name(senior: User, auditor: User, tmp_path: Path) -> None:
    signed(senior)
    export_dataset(tmp_path / "one", order(), by=auditor)
    signed(senior)
    export_dataset(tmp_path / "two", order(), by=auditor)
    export_dataset(tmp_path / "other", order(purpose="another"), by=auditor)
    one, two, other = (json.loads((tmp_path / name / "split.json").read_text()) for name in ("one", "two", "other"))
    assert one.items() < two.items()
    assert not one.keys() & other.keys()
    assert Counter(two.values()) == Counter(other.values()), "the side does not hang on the purpose"


@given(st.lists(st.text(), unique=True, min_size=1, max_size=30), st.integers())
def test_a_patient_has_one_side(patients: list[str], seed: int) -> None:
    for patient in patients:
        side = side_of(patient, master="k", seed=seed)
        assert side in SIDES
        assert side == side_of(patient, master="k", seed=seed)


def test_sides_have_about_their_shares() -> None:
    drawn = Counter(side_of(str(number), master="k", seed=1) for number in range(5000))
    assert 0.77 < drawn["train"] / 5000 < 0.83
    assert 0.08 < drawn["test"] / 5000 < 0.12


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (Filter(finding="pll"), {"pll"}),
        (Filter(finding="osteophyte", level="C6"), {"osteophyte"}),
        (Filter(finding="osteophyte", outcome="accepted"), {"osteophyte"}),
        (Filter(truth="surgery"), {"pll"}),
    ],
)
def test_a_filter_narrows_labels_to_the_places_it_names(
    senior: User, auditor: User, tmp_path: Path, asked: Filter, kept: set[str]
) -> None:
    report = signed(senior)
    ReferenceRead.objects.create(
        study=report.study, field="pll", level="C5/6", value="thickened", source="surgery", by=senior
    )
    export_dataset(tmp_path, order(chosen=asked), by=auditor)
    labels = study_of(tmp_path)["labels"]
    assert {label["finding"] for label in labels} == kept
    wanted = {
        "level": asked.level,
        "outcome": asked.outcome,
        "truth_source": "surgery" if asked.truth == "surgery" else "",
    }
    assert all(label[name] == value for label in labels for name, value in wanted.items() if value)


def test_a_filter_narrows_the_export(senior: User, auditor: User, tmp_path: Path) -> None:
    signed(senior)
    call_command(
        "dataset", "export", f"--out={tmp_path}", f"--as={auditor.username}", f"--note={NOTE}", "--filter=sex=M"
    )
    assert files.verified(tmp_path)["counts"]["studies"] == 0
    assert (tmp_path / "LICENCE.txt").read_text() == NOTE + "\n"
