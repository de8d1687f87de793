"""A large reader study as rows: invented studies, signed reports, readers, ratings. Django must be set up.

Studies and ratings are written without triggers, which only the superuser may do; the product itself locks the study.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from reporting.accounts.models import Role, User
from reporting.predictions.models import Algorithm, InferenceJob, JobStatus, Prediction
from reporting.reader_studies.models import (
    Arm,
    Case,
    CaseSeries,
    RatedFinding,
    Reader,
    ReaderStudy,
    ReferencePanel,
    StudyMember,
)
from reporting.reader_studies.rated import LEVELS
from reporting.reader_studies.words import ArmKind, PanelScheme, Scale, StudyRole
from reporting.reports.models import Finding, Report, ReportTemplate
from reporting.studies.models import Patient, Series, Study
from reporting.vocabulary import MachineFinding

LEVELS_RATED, FINDINGS = LEVELS[:12], 5
ARMS = (ArmKind.UNAIDED, ArmKind.AIDED)
_ROLES = ("sagittal_t1", "sagittal_t2", "axial_t2")
_MAKERS = ("SIEMENS", "GE MEDICAL SYSTEMS", "Philips Medical Systems", "UIH")

# Everybody read everything but one case; a confidence is higher where the disease is, and more so with the algorithm.
_READ = """
    INSERT INTO reader_studies_referencestandard
        (id, created_at, updated_at, case_id, finding_id, level, side, value, number, source, reason, made_by_id)
    SELECT gen_random_uuid(), now(), now(), c.id, f.id, l.level, '', (random() < 0.2)::int, 1, 'surgery', '', %(owner)s
    FROM reader_studies_case c CROSS JOIN reader_studies_ratedfinding f
    CROSS JOIN unnest(%(levels)s::text[]) AS l(level);

    INSERT INTO reader_studies_reading
        (id, created_at, updated_at, assignment_id, state, attempt, version, opened_at, seen_at, active_ms, unspent_ms,
         submitted_at)
    SELECT gen_random_uuid(), now(), now(), a.id, 'submitted', 1, 61, now(), now(), 40000 + (random() * 60000)::int, 0,
           now() - interval '60 days'
    FROM reader_studies_assignment a JOIN reader_studies_case c ON c.id = a.case_id
    WHERE c.code <> %(left)s;

    INSERT INTO reader_studies_submission
        (id, created_at, updated_at, reading_id, attempt, protocol_id, opened_at, submitted_at, active_ms, wall_ms,
         pauses)
    SELECT gen_random_uuid(), now(), now(), r.id, 1, %(protocol)s, r.opened_at, r.submitted_at, r.active_ms,
           r.active_ms, 0
    FROM reader_studies_reading r;

    INSERT INTO reader_studies_rating (submission_id, finding_id, level, side, value, active_ms)
    SELECT s.id, t.finding_id, t.level, '',
           least(100, greatest(0, round(35 + (random() + random() + random() - 1.5) * 50
                 + t.value * CASE b.kind WHEN 'aided' THEN 40 ELSE 30 END))), 1000
    FROM reader_studies_submission s
    JOIN reader_studies_reading r ON r.id = s.reading_id
    JOIN reader_studies_assignment a ON a.id = r.assignment_id
    JOIN reader_studies_arm b ON b.id = a.arm_id
    JOIN reader_studies_referencestandard t ON t.case_id = a.case_id;

    ANALYZE
"""


def make_design(cases: int, readers: int) -> ReaderStudy:
    """In design, with nothing left on the checklist, and twice as many signed studies as there are cases."""
    with _no_triggers():
        owner = _person(Role.RESEARCHER, "bench-owner")
        algorithm = Algorithm.objects.create(name="bench", version="1", weights_sha256="0" * 64)
        study = ReaderStudy.objects.create(title="Large", question="How long?", seed="0" * 32, algorithm=algorithm)
        _people(study, owner, readers)
        for number in range(FINDINGS):
            RatedFinding.objects.create(
                reader_study=study,
                key=f"finding_{number}",
                label=f"Finding {number}",
                scale=Scale.CONFIDENCE,
                levels=list(LEVELS_RATED),
                positive_from=50.0,
                machine_finding="" if number else MachineFinding.HERNIATION.value,
                position=number + 1,
            )
        for kind in ARMS:
            Arm.objects.create(reader_study=study, kind=kind)
        _cases(study, _signed(2 * cases, owner)[:cases])
    return study


def make_read(study: ReaderStudy) -> None:
    """Locked by the product before; everybody still has the last case before them."""
    left = study.cases.order_by("code")[0]
    values: dict[str, Any] = {
        "left": left.code,
        "protocol": study.protocols.get().pk,
        "levels": list(LEVELS_RATED),
        "owner": study.members.get(role=StudyRole.OWNER).user_id,
    }
    with _no_triggers(), connection.cursor() as cursor:
        for statement in _READ.split(";"):
            cursor.execute(statement, values)


@contextmanager
def _no_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = origin")


def _person(role: Role, name: str) -> User:
    return User.objects.create(username=name, full_name=name, role=role, section="msk")


def _people(study: ReaderStudy, owner: User, readers: int) -> None:
    StudyMember.objects.create(reader_study=study, user=owner, role=StudyRole.OWNER)
    for role in (StudyRole.STATISTICIAN, StudyRole.COORDINATOR):
        user = _person(Role.RESEARCHER, f"bench-{role}")
        StudyMember.objects.create(reader_study=study, user=user, role=role)
    seats = [
        StudyMember.objects.create(
            reader_study=study, user=_person(Role.READER, f"bench-judge-{number}"), role=StudyRole.ADJUDICATOR
        )
        for number in range(3)
    ]
    first, second, adjudicator = seats
    ReferencePanel.objects.create(
        reader_study=study, scheme=PanelScheme.INDEPENDENT, first=first, second=second, adjudicator=adjudicator
    )
    for number in range(readers):
        member = StudyMember.objects.create(
            reader_study=study, user=_person(Role.READER, f"bench-reader-{number}"), role=StudyRole.READER
        )
        Reader.objects.create(reader_study=study, member=member, code=f"R{number + 1:02d}")


def _cases(study: ReaderStudy, chosen: list[Study]) -> None:
    """Each with three copied series without objects, and the algorithm's word on one finding at every level."""
    draw = random.Random(1)  # noqa: S311  not a secret
    codes = draw.sample(range(1000, 10_000), len(chosen))
    cases = Case.objects.bulk_create(
        Case(reader_study=study, study=one, code=str(code), copied_at=timezone.now())
        for one, code in zip(chosen, codes, strict=True)
    )
    of = {case.study_id: case for case in cases}
    CaseSeries.objects.bulk_create(
        CaseSeries(case=of[one.study_id], source=one, number=n % 3 + 1, series_instance_uid=f"2.25.{n}", role=one.role)
        for n, one in enumerate(Series.objects.filter(study__in=chosen).order_by("study", "role"))
    )
    assert study.algorithm is not None
    jobs = InferenceJob.objects.bulk_create(
        InferenceJob(study=one, algorithm=study.algorithm, status=JobStatus.SUCCEEDED, finished_at=timezone.now())
        for one in chosen
    )
    Prediction.objects.bulk_create(
        (
            Prediction(
                job=job,
                finding=MachineFinding.HERNIATION,
                level=level,
                probability=(probability := draw.random()),
                threshold=0.5,
                positive=probability >= 0.5,
            )
            for job in jobs
            for level in LEVELS_RATED
        ),
        batch_size=5000,
    )


def _signed(number: int, by: User) -> list[Study]:
    template = ReportTemplate.objects.create(version="bench", digest="0" * 64, definition={})
    draw = random.Random(2)  # noqa: S311  not a secret
    patients = Patient.objects.bulk_create(
        Patient(patient_id=f"bench-{n}", name="Bench", sex=draw.choice("FM")) for n in range(number)
    )
    studies = Study.objects.bulk_create(
        Study(
            patient=patient,
            study_instance_uid=f"2.25.{n}",
            study_date=dt.date(2020 + n % 6, 1, 1),
            age_years=draw.uniform(18, 90),
        )
        for n, patient in enumerate(patients)
    )
    Series.objects.bulk_create(
        Series(
            study=study,
            series_instance_uid=f"{study.study_instance_uid}.{n}",
            modality="MR",
            role=role,
            protocol={"manufacturer": draw.choice(_MAKERS), "field_t": draw.choice((1.494, 3.0)), "tr_ms": 500.0},
        )
        for study in studies
        for n, role in enumerate(_ROLES)
    )
    reports = Report.objects.bulk_create(Report(study=study, status="final", template=template) for study in studies)
    values = (("slip", "present", "none"), ("osteophyte", "present", "absent"), ("pll", "thickened", "not_thickened"))
    Finding.objects.bulk_create(
        (
            Finding(
                report=report,
                field=field,
                level=level,
                state="human_confirmed",
                set_by=by,
                set_at=timezone.now(),
                value=positive if draw.random() < 0.1 else negative,
            )
            for report in reports
            for field, positive, negative in values
            for level in LEVELS_RATED
        ),
        batch_size=5000,
    )
    return studies
