"""Twenty reports that differ in what was found, where, in what happened to them, and in the words people wrote."""

from __future__ import annotations

from reporting.accounts.models import User
from reporting.reports import services
from reporting.reports.models import ReportVersion
from reporting.studies.models import Patient, Study
from tests.reports.factories import PASSWORD, change, complete, make_draft, place, sign

LEVELS = ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7")
NAMES = ("Zhang^San=张^三", "O'Brien^A|B&C", "=欧阳^娜娜", "", "Müller^Ä~Ö\\Ü", "Wang^𠀀")
WORDS = ("后补：左侧。", "a|b^c~d&e\\f\nsecond line", "颈髓 “quoted” – ≥ 3 mm²", "plain")


def varied_version(number: int, senior: User) -> ReportVersion:
    """The newest version of report ``number`` (0–19)."""
    report = make_draft()
    identity = {"issuer": ("", "HOSP|1")[number % 2]}
    if number % 7 == 0:  # without a number the study's UID stands for the issuer
        identity = {"patient_id": "", "issuer": report.study.study_instance_uid}
    Patient.objects.filter(pk=report.study.patient_id).update(
        name=NAMES[number % len(NAMES)], sex=("M", "F", "O", "")[number % 4], **identity
    )
    Study.objects.filter(pk=report.study_id).update(
        accession_number=("", f"A&{number}")[number % 2], referring_unit=("", "神经外科")[number % 2]
    )
    report.study.refresh_from_db()
    report.study.patient.refresh_from_db()
    complete(report, senior)
    level = LEVELS[number % len(LEVELS)]
    if number % 4 == 1:
        change(report, f"lf@{level}:left", "thickened", senior)
    if number % 4 == 2:
        at = place(f"lf@{level}:right")
        services.mark_not_evaluable(report, at, by=senior, expected_version=report.version)
    if number % 4 == 3:
        change(report, f"pll@{level}", "thickened", senior)
    if number % 5 == 4:
        digest = services.preview(report).digest
        return services.approve_preliminary(report, by=senior, expected_version=report.version, content_digest=digest)
    version = sign(report, senior)
    if number % 5 in (1, 3):
        report.refresh_from_db()
        words = WORDS[number % len(WORDS)]
        version = services.sign_addendum(report, words, by=senior, expected_version=report.version, password=PASSWORD)
    if number % 5 in (2, 3):
        report.refresh_from_db()
        services.withdraw_report(report, "wrong", by=senior, expected_version=report.version, password=PASSWORD)
    return ReportVersion.objects.select_related("report__study__patient", "signature").get(pk=version.pk)
