"""A reader study is designed: words, findings, arms, cases and people, until it is locked."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput
from reporting.reader_studies.candidates import may_become_cases
from reporting.reader_studies.dispatch import announce_copying_on_commit
from reporting.reader_studies.models import Arm, Case, RatedFinding, Reader, ReaderStudy, StudyMember
from reporting.reader_studies.permissions import StudyAct
from reporting.reader_studies.rated import RatedSpec, check_findings
from reporting.reader_studies.sample_size import worked_out
from reporting.reader_studies.services.changing import begin_change
from reporting.reader_studies.stopping import Limits
from reporting.reader_studies.words import ArmKind, Design, StudyRole
from reporting.studies.models import Study

WORDS = frozenset(
    {
        *("title", "question", "design", "washout_days", "block_size", "reader_groups", "algorithm"),
        *("stopping_rule", "stopping_limits"),
    }
)
MOST_CASES = 2000


def create_study(*, title: str, by: User) -> ReaderStudy:
    """A new study in design, owned by ``by``. Raises :class:`NotAllowed` unless a researcher asks."""
    require(by, Act.READER_STUDY_CREATE)
    with transaction.atomic():
        study = ReaderStudy(title=title.strip(), seed=secrets.token_hex(16))
        _clean(study)
        study.save()
        StudyMember.objects.create(reader_study=study, user=by, role=StudyRole.OWNER)
        record(AuditAct.READER_STUDY_CREATED, by=by, about=study)
    return study


def describe_study(study: ReaderStudy, fields: Mapping[str, Any], *, by: User, expected_version: int) -> ReaderStudy:
    """Set words and numbers of the protocol (:data:`WORDS`). Raises :class:`InvalidInput` for a value of no use."""
    if unknown := set(fields) - WORDS:
        raise ValueError(f"not a field of the protocol: {sorted(unknown)}")
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        for name, value in fields.items():
            setattr(study, name, value)
        _clean(study)
        study.save(update_fields=[*fields, "updated_at"])
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data={"changed": sorted(fields)})
    return study


def keep_sample_size(
    study: ReaderStudy, inputs: Mapping[str, Any] | None, *, by: User, expected_version: int
) -> ReaderStudy:
    """Tie a sample size, worked out here from ``inputs``, to the design; None: none is kept.

    Raises :class:`InvalidInput` for components or an aim of no use.
    """
    try:
        kept = {} if inputs is None else worked_out(inputs)
    except ValueError as error:
        raise InvalidInput(_("No sample size follows from these components")) from error
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        study.sample_size = kept
        study.save(update_fields=["sample_size", "updated_at"])
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data={"changed": ["sample_size"]})
    return study


def set_findings(
    study: ReaderStudy, findings: Sequence[RatedSpec], *, by: User, expected_version: int
) -> list[RatedFinding]:
    """What is rated, in this order, instead of what was there. Raises :class:`InvalidInput` for a scale of no use."""
    check_findings(findings)
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        study.findings.all().delete()
        rows = [
            RatedFinding(
                reader_study=study,
                key=spec.key,
                label=spec.label,
                scale=spec.scale,
                levels=list(spec.levels),
                sides=list(spec.sides),
                machine_finding=spec.machine_finding,
                grades=list(spec.grades),
                positive_from=spec.positive_from,
                position=number,
            )
            for number, spec in enumerate(findings, start=1)
        ]
        RatedFinding.objects.bulk_create(rows)
        data = {"changed": ["findings"], "findings": [spec.key for spec in findings]}
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data=data)
    return rows


def set_arms(study: ReaderStudy, kinds: Collection[ArmKind], *, by: User, expected_version: int) -> None:
    """The arms, instead of those that were there."""
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        study.arms.exclude(kind__in=kinds).delete()
        for kind in kinds:
            Arm.objects.get_or_create(reader_study=study, kind=kind)
        data = {"changed": ["arms"], "arms": sorted(kinds)}
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data=data)


def add_cases(
    study: ReaderStudy,
    studies: Collection[Study],
    *,
    by: User,
    expected_version: int,
    is_training: bool = False,
    stratum: str = "",
) -> list[Case]:
    """Make cases of signed studies; those that are cases already stay as they are.

    Raises :class:`InvalidInput` for a study without a signed report, and beyond :data:`MOST_CASES`.
    """
    wanted = {one.pk for one in studies}
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        fit = set(may_become_cases().filter(pk__in=wanted).values_list("pk", flat=True))
        if wanted - fit:
            raise InvalidInput(_("A case must be a study with a signed report"))
        there = set(study.cases.values_list("study_id", flat=True))
        taken = set(study.cases.values_list("code", flat=True))
        new = sorted(wanted - there, key=str)
        if len(there) + len(new) > MOST_CASES:
            raise InvalidInput(_("A reader study holds at most %(most)s cases") % {"most": MOST_CASES})
        rows = [
            Case(reader_study=study, study_id=pk, code=_drawn_code(taken), is_training=is_training, stratum=stratum)
            for pk in new
        ]
        Case.objects.bulk_create(rows)
        announce_copying_on_commit()
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data={"changed": ["cases"], "added": len(rows)})
    return rows


def remove_cases(study: ReaderStudy, cases: Collection[Case], *, by: User, expected_version: int) -> None:
    """Take cases out before the lock; after it a case is retracted."""
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        gone, _per_model = study.cases.filter(pk__in=[case.pk for case in cases]).delete()
        record(AuditAct.READER_STUDY_DESIGNED, by=by, about=study, data={"changed": ["cases"], "removed": gone})


def add_member(
    study: ReaderStudy,
    user: User,
    role: StudyRole,
    *,
    by: User,
    expected_version: int,
    experience_years: int | None = None,
) -> StudyMember:
    """Give a person their one part. Raises :class:`InvalidInput` where they have one, or the account is not fit for it.

    Readers need an account of the role reader, which sees no patient at all; the others one that sees reader studies.
    """
    if role is StudyRole.OWNER:
        raise InvalidInput(_("A reader study has one owner"))
    fit = {Role.READER} if role is StudyRole.READER else {Role.READER, Role.RESEARCHER}
    if not user.is_active or Role(user.role) not in fit:
        raise InvalidInput(_("This account cannot have this part: a reader must have no rights on patients"))
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        if study.members.filter(user=user).exists():
            raise InvalidInput(_("This person has a part in the reader study already"))
        member = StudyMember.objects.create(reader_study=study, user=user, role=role)
        if role is StudyRole.READER:
            taken = set(study.readers.values_list("code", flat=True))
            code = next(f"R{n:02}" for n in range(1, len(taken) + 2) if f"R{n:02}" not in taken)
            Reader.objects.create(reader_study=study, member=member, code=code, experience_years=experience_years)
        data = {"member": str(user.pk), "role": role.value}
        record(AuditAct.READER_STUDY_MEMBER_ADDED, by=by, about=study, data=data)
    return member


def remove_member(study: ReaderStudy, member: StudyMember, *, by: User, expected_version: int) -> None:
    """Take somebody out before the lock; after it a reader withdraws. The owner stays."""
    if member.role == StudyRole.OWNER:
        raise InvalidInput(_("A reader study has one owner"))
    with transaction.atomic():
        begin_change(study, StudyAct.DESIGN, by=by, expected_version=expected_version)
        study.readers.filter(member=member).delete()
        study.members.filter(pk=member.pk).delete()
        data = {"member": str(member.user_id), "role": member.role}
        record(AuditAct.READER_STUDY_MEMBER_REMOVED, by=by, about=study, data=data)


def _clean(study: ReaderStudy) -> None:
    Limits.of(study.stopping_limits).check()
    try:
        study.full_clean()
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), details=error.message_dict) from error
    if study.design not in Design.values:
        raise InvalidInput(_("There is no such design"))


def _drawn_code(taken: set[str]) -> str:
    """A code of four digits that nobody can order by; ``taken`` grows."""
    while (code := f"{secrets.randbelow(9000) + 1000}") in taken:
        pass
    taken.add(code)
    return code
