"""Invented reports → the tables that signing writes, then facts and summaries as for any other report."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from reporting.accounts.models import Role, User
from reporting.core.errors import WrongState
from reporting.department_audit.copying import copy_models
from reporting.department_audit.intake import count_again, store_facts_of
from reporting.department_audit.models import ReferenceRead
from reporting.department_audit.seeding.following import list_studies, unfollowed
from reporting.department_audit.seeding.invent import ALGORITHMS, THRESHOLD, Invented, Person, invent
from reporting.department_audit.seeding.multiply import ISSUER, multiply
from reporting.predictions.models import Algorithm, BlindDecision
from reporting.predictions.services import register_algorithm
from reporting.reports.content import SCHEMA, VOCABULARY_VERSION, canonical, sha256_of, texts_sha256
from reporting.reports.models import FirstRead, Report, ReportTemplate, ReportVersion, Signature, SignatureMeaning
from reporting.reports.places import Place
from reporting.reports.rendering import Language
from reporting.reports.services.drafts import install_template
from reporting.reports.signing import mac_of
from reporting.studies.models import Patient, Series, Study
from reporting.vocabulary import MachineFinding, SeriesRole

READERS = 4
APPLICABILITY = "invented"
AT_ONCE = 1000
_TEXTS = ("Invented report.", "虚构报告。")
# What the page of a signed version shows beside its fields.
_SHOWN = {
    "facts": {"sequences": [], "gate": {}, "gate_reasons": {}},
    "text": {
        language.value: {"findings": [], "impression": [{"text": text, "sources": []}], "impression_manual": ""}
        for language, text in zip((Language.EN, Language.ZH), _TEXTS, strict=True)
    },
}


class Seeded(NamedTuple):
    """How many reports there are, and how long all of them were counted."""

    reports: int
    counting_s: float


def seed_reports(
    n: int,
    *,
    seed: int,
    until: datetime,
    drawn: int | None = None,
    beside_others: bool = False,
    told: Callable[[int], None] = lambda _n: None,
) -> Seeded:
    """Invent and store ``n`` signed reports with their facts and summaries. Needs the owner of the tables.

    ``drawn``: how many of them to invent one by one; the others are copies of these (``multiply``).
    ``told`` is called with the number stored so far. Raises :class:`WrongState` where there are other studies, unless
    ``beside_others``: invented reports do not leave again.
    """
    if not beside_others and Study.objects.exclude(patient__issuer=ISSUER).exists():
        raise WrongState("There are studies that were not invented: invented ones would mix with them for ever")
    if Patient.objects.filter(issuer=ISSUER, patient_id__startswith=f"SEED-{seed}-").exists():
        raise WrongState("Reports of this seed are there already: take another one")
    template = install_template()
    invented_algorithms()
    people = {role: [_reader(role, number) for number in range(READERS)] for role in (Role.JUNIOR, Role.SENIOR)}
    stored = 0
    for batch in _batches(invent(min(n, drawn or n), seed, until, READERS)):
        with transaction.atomic(), unfollowed():
            _store(batch, template, people)
            store_facts_of([one.keys["report"] for one in batch])
        stored += len(batch)
        told(stored)
    list_studies(ISSUER)
    if stored < n:
        stored = multiply(n, seed=seed, told=told)
    began = time.monotonic()
    count_again()
    return Seeded(stored, time.monotonic() - began)


def invented_algorithms() -> list[Algorithm]:
    """What invented reports say that they were drafted by, oldest version first; registered, and never computing."""
    return [
        register_algorithm(
            name=name,
            version=version,
            weights_sha256=sha256_of(version),
            applicability=APPLICABILITY,
            fills_reports=True,
            thresholds={finding.value: THRESHOLD for finding in MachineFinding},
            by=None,
        )
        for name, version in ALGORITHMS
    ]


def _batches(reports: Iterable[Invented]) -> Iterator[list[Invented]]:
    iterator = iter(reports)
    while batch := list(itertools.islice(iterator, AT_ONCE)):
        yield batch


def _reader(role: Role, number: int) -> User:
    """An account that nobody can log in to."""
    name = f"invented-{role.value}-{number + 1}"
    found = User.objects.filter(username=name).first()
    if found is None:
        found = User(username=name, full_name=f"Invented {role.value} {number + 1}", role=role)
        found.password = make_password(None)
        found.section = settings.DEPARTMENT_SECTION
        found.save()
    return found


def _store(batch: Sequence[Invented], template: ReportTemplate, people: dict[Role, list[User]]) -> None:
    copy_models([_patient(one) for one in batch if one.is_new_person])
    copy_models([_study(one) for one in batch])
    copy_models([_series(one) for one in batch])
    copy_models([_report(one, template, people) for one in batch])
    versions: list[ReportVersion] = []
    signatures: list[Signature] = []
    for one in batch:
        for version, signature in _versions(one, template, people):
            versions.append(version)
            signatures.append(signature)
    copy_models(versions)
    copy_models(signatures)
    _store_beside(batch, people)


def _store_beside(batch: Sequence[Invented], people: dict[Role, list[User]]) -> None:
    """Blind first reads and references."""
    decisions, first_reads, references = [], [], []
    for one in batch:
        reader = people[Role.SENIOR][one.senior]
        if one.blind is not None:
            values = canonical({"values": one.blind})
            decision = BlindDecision(
                id=_derived(one, "decision"), study_id=one.keys["study"], reader=reader, blind=True, because="user"
            )
            first = FirstRead(
                id=_derived(one, "first"),
                report_id=one.keys["report"],
                decision=decision,
                reader=reader,
                report_version=1,
                values=values,
                sha256=sha256_of(values),
            )
            decisions.append(_dated(decision, one.received_at))
            first_reads.append(_dated(first, one.received_at))
        for key, value in one.truth.items():
            place = Place.parse(key)
            row = ReferenceRead(
                id=_derived(one, key),
                study_id=one.keys["study"],
                field=place.field,
                level=place.level,
                side=place.side,
                value=value,
                source="adjudicated",
                by=reader,
            )
            references.append(_dated(row, one.signed_at))
    copy_models(decisions)
    copy_models(first_reads)
    copy_models(references)


def _derived(one: Invented, purpose: str) -> uuid.UUID:
    return uuid.uuid5(one.keys["report"], purpose)


def _dated(row: Any, at: datetime) -> Any:
    row.created_at = row.updated_at = at
    return row


def _patient(one: Invented) -> Patient:
    person = one.person
    name = f"Invented^{person.number}"
    row = Patient(id=person.key, patient_id=person.number, issuer=ISSUER, name=name, sex=person.sex)
    return _dated(row, one.received_at)  # type: ignore[no-any-return]


def _age(one: Invented) -> float:
    return round(one.signed_at.year - one.person.born_in, 1)


def _uid(one: Invented, name: str = "study") -> str:
    return f"2.25.{one.keys[name].int}"


def _study(one: Invented) -> Study:
    row = Study(
        id=one.keys["study"],
        patient_id=one.person.key,
        study_instance_uid=_uid(one),
        accession_number=f"{one.person.number}-{one.number}",
        description="MR cervical spine",
        study_date=one.received_at.date(),
        age_years=_age(one),
        section=settings.DEPARTMENT_SECTION,
    )
    return _dated(row, one.received_at)  # type: ignore[no-any-return]


def _series(one: Invented) -> Series:
    row = Series(
        id=one.keys["series"],
        study_id=one.keys["study"],
        series_instance_uid=_uid(one, "series"),
        series_number=1,
        modality="MR",
        role=SeriesRole.SAGITTAL_T2.value,
        protocol=one.protocol,
    )
    return _dated(row, one.received_at)  # type: ignore[no-any-return]


def _report(one: Invented, template: ReportTemplate, people: dict[Role, list[User]]) -> Report:
    author = people[Role.SENIOR][one.senior] if one.junior is None else people[Role.JUNIOR][one.junior]
    row = Report(id=one.keys["report"], study_id=one.keys["study"], status="final", template=template, author=author)
    return _dated(row, one.received_at)  # type: ignore[no-any-return]


def _versions(
    one: Invented, template: ReportTemplate, people: dict[Role, list[User]]
) -> Iterator[tuple[ReportVersion, Signature]]:
    if one.prepared is not None and one.junior is not None:
        by = people[Role.JUNIOR][one.junior]
        yield _version(one, "preliminary", 1, one.prepared, template, by)
    by = people[Role.SENIOR][one.senior]
    yield _version(one, "final", 1 + (one.prepared is not None), one.findings, template, by)


def _version(
    one: Invented, kind: str, number: int, findings: list[dict[str, Any]], template: ReportTemplate, by: User
) -> tuple[ReportVersion, Signature]:
    name, release = ALGORITHMS[one.algorithm]
    algorithm = {"name": name, "version": release, "weights_sha256": sha256_of(release), "applicability": APPLICABILITY}
    content = canonical(
        {
            "schema": SCHEMA,
            "report": str(one.keys["report"]),
            "header": _header(one),
            "template": {"version": template.version, "digest": template.digest},
            "vocabulary": VOCABULARY_VERSION,
            "algorithm": algorithm,
            "levels": {"version": 1, "mapping": {f["structure"]: f["structure"] for f in one.blind or []}},
            "findings": findings,
            **_SHOWN,
        }
    )
    version = ReportVersion(
        id=one.keys[kind],
        report_id=one.keys["report"],
        number=number,
        kind=kind,
        content=content,
        sha256=sha256_of(content),
        text_en=_TEXTS[0],
        text_zh=_TEXTS[1],
        text_sha256=texts_sha256(*_TEXTS),
        template_version=template.version,
        vocabulary_version=VOCABULARY_VERSION,
        algorithm=algorithm,
        created_by=by,
    )
    signature = Signature(
        id=one.keys[f"{kind}_signature"],
        report_version=version,
        signer=by,
        signer_name=by.full_name,
        signer_role=by.role,
        meaning=(SignatureMeaning.VERIFIED if kind == "final" else SignatureMeaning.PREPARED).value,
        signed_at=one.signed_at,
        site=settings.SITE_NAME,
    )
    signature.mac = mac_of(version, signature)
    return _dated(version, one.signed_at), _dated(signature, one.signed_at)


def _header(one: Invented) -> dict[str, Any]:
    person: Person = one.person
    return {
        "site": settings.SITE_NAME,
        "patient_name": f"Invented^{person.number}",
        "patient_id": person.number,
        "issuer": ISSUER,
        "sex": person.sex,
        "birth_date": "",
        "age_years": _age(one),
        "accession_number": f"{person.number}-{one.number}",
        "examination": "MR cervical spine",
        "study_date": one.received_at.date().isoformat(),
        "referring_unit": "",
        "study_instance_uid": _uid(one),
    }
