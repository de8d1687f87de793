"""Cases with real pixels: a neck made of boxes, read by an algorithm, signed, and copied for a reader study."""

from __future__ import annotations

from pathlib import Path

from reporting.accounts.models import Role, User
from reporting.predictions.models import Algorithm
from reporting.predictions.services import (
    LabelMapFile,
    activate_at_set_up,
    claim_job,
    publish_predictions,
    register_algorithm,
    request_inference,
)
from reporting.reader_studies import services
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.words import ArmKind, StudyRole
from reporting.reports.models import Report
from reporting.reports.places import Place
from reporting.reports.services import answer_check, confirm_levels, confirm_rest, draft_report, preview
from reporting.studies.blobs import store_bytes
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths
from tests.browser.neck import STUDY_UID, label_maps, result_payload, write_neck
from tests.reader_studies.factories import CANAL, HERNIATION, in_design, owner_of
from tests.reports.factories import accept, make_user, sign


def make_algorithm() -> Algorithm:
    algorithm = register_algorithm(
        name="dens-cervical",
        version="0.1.0",
        weights_sha256="5" * 64,
        applicability="trained on synthetic images; not for clinical use",
        fills_reports=True,
        by=None,
    )
    assert activate_at_set_up(algorithm)
    return algorithm


def drafted_neck(folder: Path, algorithm: Algorithm, signer: User, *, patient: str = "1") -> Report:
    """Ingested, read by the algorithm and drafted, each by the ordinary way."""
    write_neck(folder / patient, patient=patient, name=f"Wang^Patient{patient}")
    ingest_paths([folder / patient], by=signer)
    study = Study.objects.get(study_instance_uid=f"{STUDY_UID}.{patient}")
    job = request_inference(study, by=signer)
    claimed = claim_job(job.pk, worker="test")
    assert claimed is not None
    identity = {"name": algorithm.name, "version": algorithm.version, "weights_sha256": algorithm.weights_sha256}
    kept = {uid: store_bytes(data) for uid, data in label_maps(patient).items()}
    files = [LabelMapFile(uid, blob.sha256, blob.size_bytes) for uid, blob in kept.items()]
    payload = result_payload(identity, patient=patient)
    assert publish_predictions(job.pk, claimed.attempt, payload, label_maps=files)
    job.refresh_from_db()
    report = draft_report(study=study, job=job)
    assert report is not None
    return report


def signed_neck(folder: Path, algorithm: Algorithm, signer: User, *, patient: str = "1") -> Study:
    """Reported and signed too."""
    report = drafted_neck(folder, algorithm, signer, patient=patient)
    confirm_levels(report, by=signer, expected_version=report.version)
    for one in list(report.findings.filter(state="ai_suggested")):
        if report.findings.filter(pk=one.pk, state="ai_suggested").exists():  # not accepted along with another
            accept(report, str(Place(one.field, one.level, one.side, one.instance)), signer)
    confirm_rest(report, by=signer, expected_version=report.version)
    for problem in preview(report).unsettled:
        said = {"code": problem.code, "fingerprint": problem.fingerprint, "answer": "accepted"}
        answer_check(report, by=signer, expected_version=report.version, **said)
    sign(report, signer)
    return report.study


def neck_study(
    folder: Path, *, cases: int = 2, readers: int = 2, arms: tuple[ArmKind, ...] = (ArmKind.UNAIDED, ArmKind.AIDED)
) -> ReaderStudy:
    """Ready to lock, its images copied."""
    algorithm, signer = make_algorithm(), make_user(Role.SENIOR)
    studies = [signed_neck(folder, algorithm, signer, patient=str(number + 1)) for number in range(cases)]
    study = in_design()
    by = owner_of(study)
    words = {"question": "Do readers see more?", "stopping_rule": "When all is read.", "algorithm": algorithm}
    services.describe_study(study, words, by=by, expected_version=study.version)
    services.set_findings(study, [CANAL, HERNIATION], by=by, expected_version=study.version)
    services.set_arms(study, arms, by=by, expected_version=study.version)
    services.add_cases(study, studies, by=by, expected_version=study.version)
    for _ in range(readers):
        services.add_member(study, make_user(Role.READER), StudyRole.READER, by=by, expected_version=study.version)
    services.copy_waiting_images()
    return study
