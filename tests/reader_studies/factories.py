"""Reader studies in design, ready to lock, and locked; small, real rows."""

from __future__ import annotations

from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.reader_studies import services
from reporting.reader_studies.answers import Answer
from reporting.reader_studies.models import CaseSeries, Reader, ReaderStudy, Reading, ReferenceStandard, Submission
from reporting.reader_studies.places import places_of
from reporting.reader_studies.rated import RatedSpec
from reporting.reader_studies.words import ArmKind, Scale, StudyRole, TruthSource
from reporting.reports.models import Report
from tests.reports.factories import make_user, signed_report

CANAL = RatedSpec(
    "canal", "Canal narrowing", Scale.ORDINAL, ("C4/5", "C5/6"), ("none", "mild", "moderate", "severe"), 2.0
)
HERNIATION = RatedSpec(
    "herniation", "Herniation", Scale.CONFIDENCE, ("C5/6",), positive_from=50.0, machine_finding="herniation"
)


def in_design(owner: User | None = None) -> ReaderStudy:
    return services.create_study(title="With and without", by=owner or make_user(Role.RESEARCHER))


def owner_of(study: ReaderStudy) -> User:
    return study.members.get(role=StudyRole.OWNER).user


def ready(
    owner: User | None = None,
    *,
    readers: int = 2,
    cases: int = 2,
    arms: tuple[ArmKind, ...] = (ArmKind.UNAIDED,),
    reader: User | None = None,
) -> ReaderStudy:
    """A study that the checklist has nothing against."""
    study = in_design(owner)
    by = owner_of(study)
    signer = make_user(Role.SENIOR)
    reports: list[Report] = [signed_report(signer) for _ in range(cases)]
    job = reports[0].job
    assert job is not None
    words = {"question": "Do readers see more?", "stopping_rule": "When all is read.", "algorithm": job.algorithm}
    services.describe_study(study, words, by=by, expected_version=study.version)
    services.set_findings(study, [CANAL, HERNIATION], by=by, expected_version=study.version)
    services.set_arms(study, arms, by=by, expected_version=study.version)
    services.add_cases(study, [report.study for report in reports], by=by, expected_version=study.version)
    pretend_copied(study)
    people = [reader or make_user(Role.READER), *(make_user(Role.READER) for _ in range(readers - 1))]
    for user in people:
        part = {"by": by, "expected_version": study.version, "experience_years": 7}
        services.add_member(study, user, StudyRole.READER, **part)  # type: ignore[arg-type]
    return study


def pretend_copied(study: ReaderStudy) -> None:
    """As if the images had been copied; the rows of ``make_study`` have no bytes."""
    for case in study.cases.filter(copied_at__isnull=True):
        source = case.study.series_set.all()[0]
        CaseSeries.objects.create(case=case, source=source, number=1, series_instance_uid="2.25.1", role=source.role)
    study.cases.update(copied_at=timezone.now())


def locked(
    owner: User | None = None,
    *,
    arms: tuple[ArmKind, ...] = (ArmKind.UNAIDED, ArmKind.AIDED),
    reader: User | None = None,
) -> ReaderStudy:
    study = ready(owner, arms=arms, reader=reader)
    services.lock_study(study, by=owner_of(study), expected_version=study.version)
    return study


def answer_all(reading: Reading, by: User, value: float = 1.0) -> Reading:
    """Every place of the design rated."""
    for finding in reading.assignment.reader.reader_study.findings.all():
        for level, side in places_of(finding):
            answer = Answer(finding.key, level, side, value)
            reading = services.save_rating(reading, answer, by=by, expected_version=reading.version)
    return reading


def read_next(reader: Reader, value: float = 1.0) -> Submission:
    """The next case, read and submitted."""
    user = reader.member.user
    reading = answer_all(services.open_reading(reader, by=user), user, value)
    return services.submit_reading(reading, by=user, expected_version=reading.version)


def closed() -> ReaderStudy:
    """One arm, read by both readers, with its truth; the reading is over."""
    study = locked(arms=(ArmKind.UNAIDED,))
    by = owner_of(study)
    for reader in study.readers.all():
        for value in (0.0, 2.0):
            read_next(reader, value)
    for number, case in enumerate(study.cases.all()):
        for finding in study.findings.all():
            for level, side in places_of(finding):
                said = {"level": level, "side": side, "value": 2.0 * number, "source": TruthSource.SURGERY}
                ReferenceStandard.objects.create(case=case, finding=finding, made_by=by, **said)
    services.close_study(study, by=by, expected_version=study.version)
    return study
