"""Two of everything: studies, jobs and reports of two sections, and one person of each kind to look at them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone
from pydicom.uid import generate_uid

from reporting.accounts.models import Role, User
from reporting.core.dicom_address import Called
from reporting.department_audit import intake
from reporting.department_audit.models import Alarm, PeerAnswer, PeerCase, PeerDraw, PeerNotice
from reporting.department_audit.peer_learning.queue import CLAIM
from reporting.dicom_network.known_archives import add_archive
from reporting.dicom_network.services import add_peer
from reporting.orders.models import InboundMessage
from reporting.orders.senders import Calling, add_sender
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Form, Kind
from reporting.predictions.models import Algorithm, BlindDecision, InferenceJob, JobStatus, ThresholdChange
from reporting.predictions.services import (
    claim_case_run,
    finish_case_run,
    propose_algorithm,
    propose_threshold,
    set_blind_rule,
    threshold_in_force,
)
from reporting.reader_studies.models import CaseObject
from reporting.reader_studies.services import open_reading
from reporting.reader_studies.words import ArmKind
from reporting.reports import services
from reporting.reports.house_rules import HouseRules
from reporting.reports.models import Correction, Report
from reporting.reports.services.critical_path import raise_alert
from reporting.studies.models import QuarantinedFile, Series, SopInstance, Study
from reporting.worklist.filters import WorklistFilter
from reporting.worklist.services import save_view
from tests import factories as small
from tests.department_audit.reports import make_report, pll, sign_version
from tests.reader_studies.factories import in_design, locked
from tests.reports.factories import PASSWORD, SECTION, complete, make_draft, make_study, make_user, signed_report

OTHER_SECTION = "trauma"
PEOPLE = (
    "owner",
    "colleague",
    "stranger",
    "senior",
    "auditor",
    "researcher",
    "reader",
    "importer",
    "admin",
    "service",
    "anonymous",
)


@dataclass
class World:
    """The owner is the junior who writes the reports; the colleague shares the section, the stranger does not."""

    people: dict[str, User | None] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    bodies: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    foreign_study: Study = field(init=False)
    foreign_report: Report = field(init=False)

    def client(self, person: str, **options: Any) -> Client:
        client = Client(**options)
        user = self.people[person]
        if user is not None:
            client.force_login(user)
        return client


def make_world() -> World:
    world = World()
    roles = dict.fromkeys(("owner", "colleague", "stranger"), Role.JUNIOR)
    for person in PEOPLE[:-1]:
        world.people[person] = make_user(roles.get(person) or Role(person))
    world.people["anonymous"] = None
    User.objects.filter(pk=world.people["stranger"].pk).update(section=OTHER_SECTION)  # type: ignore[union-attr]
    world.people["stranger"].refresh_from_db()  # type: ignore[union-attr]
    owner, senior = world.people["owner"], world.people["senior"]
    assert owner is not None
    assert senior is not None

    draft = make_draft()
    services.confirm_levels(draft, by=owner, expected_version=draft.version)
    paragraph = {"section": "cord", "language": "en"}
    services.edit_text(draft, by=owner, expected_version=draft.version, text="My own words.", **paragraph)
    colleague, stranger = world.people["colleague"], world.people["stranger"]
    assert colleague is not None
    assert stranger is not None
    asked = services.ask_colleague(
        draft, colleague=colleague, text="What is this?", by=owner, expected_version=draft.version
    )
    alert = raise_alert(draft, code="critical.x", category=1, finding=("x", "x"), places=(), fingerprint="", by=owner)
    relabelled = make_draft()
    services.shift_levels(relabelled, 1, by=owner, expected_version=relabelled.version)
    read_blind = make_draft()
    services.confirm_levels(read_blind, by=owner, expected_version=read_blind.version)
    BlindDecision.objects.create(study=read_blind.study, reader=senior, blind=True, because="user")
    ready = make_draft()
    complete(ready, owner)
    preliminary = make_draft()
    complete(preliminary, owner)
    digest = services.preview(preliminary).digest
    services.approve_preliminary(preliminary, by=owner, expected_version=preliminary.version, content_digest=digest)
    final = signed_report(senior)
    returned = make_draft()
    complete(returned, owner)
    digest = services.preview(returned).digest
    services.approve_preliminary(returned, by=owner, expected_version=returned.version, content_digest=digest)
    comment = services.return_report(returned, text="Look.", by=senior, expected_version=returned.version)
    for report in (draft, ready, preliminary, final):
        report.refresh_from_db()
        report.study.patient.__class__.objects.filter(pk=report.study.patient_id).update(name="Near^Patient")

    unread, queued = make_study(), make_study()
    job = draft.job
    assert job is not None
    active = small.make_algorithm()
    candidate = small.make_algorithm(version="0.2.0", activate=False)
    proposed = small.make_algorithm(name="plug-in", version="0.3.0", fills_reports=False, activate=False)
    propose_algorithm(proposed, reason="it reads well", by=make_user(Role.SENIOR))
    run = claim_case_run(proposed.case_runs.get().pk, worker="test")
    assert run is not None
    finish_case_run(run, set_digest="c" * 64, results={}, passed=True)
    rules = replace(services.active_critical_list().rules, minutes={1: 30, 2: 60, 3: 90})
    services.propose_house_rules(HouseRules(slip_mm=3.0), reason="larger", by=make_user(Role.SENIOR))
    services.propose_critical_list(rules, reason="sooner", by=make_user(Role.SENIOR))
    queued_job = InferenceJob.objects.create(study=queued, algorithm=job.algorithm, status=JobStatus.QUEUED)
    instance = small.add_object(Series.objects.filter(study=draft.study)[0])
    Series.objects.filter(study=unread).update(frame_of_reference_uid="1.2.3.1")
    Series.objects.create(
        study=unread, series_instance_uid=generate_uid(), modality="MR", frame_of_reference_uid="1.2.3.2"
    )
    _foreign(world)
    reader_studies = _reader_studies(world)
    world.ids = {
        **reader_studies,
        **_connections(),
        "study": unread.pk,
        "draft": draft.pk,
        "draft_study": draft.study_id,
        "share": draft.study.shares.get().pk,
        "relabelled": relabelled.pk,
        "read_blind": read_blind.pk,
        "ready": ready.pk,
        "preliminary": preliminary.pk,
        "final": final.pk,
        "returned": returned.pk,
        "job": job.pk,
        "queued": queued_job.pk,
        "instance": instance.pk,
        "series": instance.series_id,
        "study_uid": draft.study.study_instance_uid,
        "series_uid": instance.series.series_instance_uid,
        "instance_uid": instance.sop_instance_uid,
        "unaligned": "unaligned",  # what has no version yet
        "account": make_user(Role.READER).pk,
        "mark": _mark(draft, instance, owner).pk,
        "view": save_view(by=owner, name="Own", chosen=WorklistFilter()).pk,
        "active": active.pk,
        "candidate": candidate.pk,
        "proposed": proposed.pk,
        **_peer_cases(senior),
        "alarm": _alarm().pk,
        "threshold_change": _threshold_change(active).pk,
        "blind_rule": set_blind_rule(by=senior, user=make_user(Role.JUNIOR), is_on=True).pk,
    }
    world.versions = {
        str(report.pk): report.version
        for report in (draft, relabelled, read_blind, ready, preliminary, final, returned)
    }
    world.versions[str(unread.pk)] = unread.assignment_version
    world.versions["unaligned"] = 0
    world.versions[str(world.ids["mark"])] = 1
    world.versions[str(world.ids["reading"])] = 1
    ready = Report.objects.get(pk=ready.pk)  # with the patient's new name
    question = next(p for p in services.preview(draft).problems if p.severity == "ask")
    password = {"password": PASSWORD}
    ready_digest = services.preview(ready).digest
    world.bodies = {
        "start": {"study": str(unread.pk)},
        "blind_fraction": {"fraction": 0.5, "is_on": True},
        "c2_3": {"c2_3_lps_mm": [1.5, -20.0, 40.0]},
        "suggested": {"place": "disc_class@C5/6"},
        "value": {"place": "lordosis", "value": "straightened"},
        "place": {"place": "lordosis"},
        "shift": {"shift": 1},
        "notice": {"alert": str(alert.pk), "kind": "escalated", "comment": "nobody answers"},
        "consult": {"colleague": str(stranger.pk), "text": "What is this?"},
        "consult_answer": {"note": str(asked.pk), "text": "A bulge."},
        "return": {"text": "Look again."},
        "comment": {"note": str(comment.pk)},
        "answer": {"code": question.code, "fingerprint": question.fingerprint, "answer": "accepted"},
        "paragraph": paragraph,
        "edited_paragraph": {**paragraph, "text": "Other words."},
        "shown": {"content_digest": ready_digest},
        "sign": {"content_digest": ready_digest, **password},
        "addendum": {"text": "Compared.", **password},
        "withdraw": {"reason": "wrong patient", **password},
        "reason": {"reason": "not needed"},
        "assign": {"to": str(owner.pk)},
        "finish": {"studies": []},
        "alignment": {"from": "1.2.3.1", "to": "1.2.3.2", "offset_mm": [1.0, 0.0, -2.5]},
        "mark": {**_MARK, "level_map_version": draft.level_map_version, "instance": str(instance.pk), "frame": 1},
        "points": {"points": _MARK["points"]},
        "why": {"comment": "beside the body"},
        "preferences": {"layout": "single"},
        "new_user": {"username": "newcomer", "full_name": "New Comer", "role": "junior"},
        "role": {"role": "researcher"},
        "active": {"is_active": False},
        "rating": {"finding": "canal", "level": "C4/5", "side": "", "value": 1.0},
        "login": {"username": owner.username, **password},
    }
    return world


def _alarm() -> Alarm:
    day = date(2026, 1, 1)
    return Alarm.objects.create(measure="gate", rule="limits", first_day=day, last_day=day)


def _peer_cases(senior: User) -> dict[str, Any]:
    """A case that the senior holds, one that they answered, and a notice to them about a read of theirs."""
    held, answered, told = (_peer_case(day) for day in (1, 2, 3))
    PeerCase.objects.filter(pk=held.pk).update(claimed_by=senior, claimed_until=timezone.now() + CLAIM)
    PeerAnswer.objects.create(case=answered, reviewer=senior, value="thickened")
    notice = PeerNotice.objects.create(case=told, person=senior, value="thickened")
    return {"peer_case": held.pk, "peer_answered": answered.pk, "peer_notice": notice.pk}


def _peer_case(day: int) -> PeerCase:
    report = make_report()
    version = sign_version(report, [pll("C5/6", "thickened", 0.1)])
    intake.take_pending()
    draw = PeerDraw.objects.create(day=date(2026, 1, day), seed="s", disagreements=1, agreements=0)
    place = {"finding": "pll", "field": "pll", "level": "C5/6"}
    rest = {"group": "model_final", "rank": 0, "said": {"final": "thickened"}, "involved": [], "reviewers": 2}
    return PeerCase.objects.create(draw=draw, version=version, study=report.study, **place, **rest)


def _threshold_change(algorithm: Algorithm) -> ThresholdChange:
    before = threshold_in_force(algorithm, "slip")
    values = {"reason": "too many are missed", "before": before, "evidence": {}, "by": make_user(Role.SENIOR)}
    return propose_threshold(algorithm, "slip", 0.4, **values)  # type: ignore[arg-type]


_MARK = {"kind": "vertebra_point", "structure": "body", "level": "C5", "says": "osteophyte", "points": [[3.0, 4.0]]}


def _mark(report: Report, instance: SopInstance, author: User) -> Correction:
    """A mark as a row: the world's objects hold no pixels that one could be drawn on."""
    seen = {"report": report, "study": report.study, "level_map_version": report.level_map_version}
    return Correction.objects.create(instance=instance, frame=1, author=author, **seen, **_MARK)


def _reader_studies(world: World) -> dict[str, Any]:
    """One in design of the researcher's, one of somebody else's, and a locked one in which the reader reads."""
    researcher, reader = world.people["researcher"], world.people["reader"]
    assert researcher is not None
    assert reader is not None
    study, foreign = (locked(reader=who, arms=(ArmKind.UNAIDED,)) for who in (reader, None))
    own = open_reading(study.readers.get(member__user=reader), by=reader)
    beside = study.readers.exclude(member__user=reader).get()
    others = open_reading(beside, by=beside.member.user)
    case = own.assignment.case
    copy = CaseObject.objects.create(
        series=case.series_set.get(),
        source=small.add_object(case.study.series_set.all()[0]),
        sop_instance_uid="2.25.77",
        sha256="0" * 64,
        size_bytes=1,
    )
    return {
        "reader_study": in_design(researcher).pk,
        "foreign_reader_study": in_design().pk,
        "locked_reader_study": study.pk,
        "foreign_locked_study": foreign.pk,
        "own_locked_study": locked(researcher, arms=(ArmKind.UNAIDED,)).pk,
        "reading": own.pk,
        "other_reading": others.pk,
        "reader_case": case.pk,
        "other_reader_case": foreign.cases.all()[0].pk,
        "copy_uid": copy.sop_instance_uid,
        "copy_series": copy.series_id,
    }


def _connections() -> dict[str, Any]:
    """A destination and what was given up on the way there, a message that could not be used, an archive, a peer."""
    place = add_destination("EHR", Where(Kind.FHIR, "127.0.0.1", 1, (Form.FHIR_R4,)), by=None)
    delivery = Delivery.objects.create(
        destination=place, form=Form.FHIR_R4, report=uuid4(), subject=uuid4(), dedup_key="x", status="parked"
    )
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    message = InboundMessage.objects.create(
        sender=ris, sha256="0" * 64, size_bytes=3, outcome="parked", fault="no_msh", content=b"MSH"
    )
    archive = add_archive("PACS", Called("127.0.0.1", 1, "PACS"), by=None)
    peer = add_peer("SCANNER", addresses=["::1"], received_as=make_user(Role.SERVICE), by=None)
    made = {"destination": place, "delivery": delivery, "inbound_message": message, "archive": archive, "peer": peer}
    return {name: thing.pk for name, thing in made.items()}


def _foreign(world: World) -> None:
    """The other section's study, job and report, and a file in quarantine beside it."""
    world.foreign_report = make_draft()
    world.foreign_study = world.foreign_report.study
    Study.objects.filter(pk=world.foreign_study.pk).update(section=OTHER_SECTION)
    type(world.foreign_study.patient).objects.filter(pk=world.foreign_study.patient_id).update(name="Far^Patient")
    QuarantinedFile.objects.create(
        study=world.foreign_study,
        reason="same_uid_other_bytes",
        sha256="0" * 64,
        size_bytes=1,
        sop_instance_uid=generate_uid(),
        study_instance_uid=world.foreign_study.study_instance_uid,
    )


__all__ = ["OTHER_SECTION", "PEOPLE", "SECTION", "World", "make_world"]
