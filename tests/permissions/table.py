"""The table role × address: who gets which answer. A new address must be added here (``test_permissions`` says so)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EVERYBODY = "owner colleague stranger senior auditor researcher reader importer admin service"
NEAR = "owner colleague senior auditor"  # may see the section's reports
AWAY = "stranger researcher reader importer admin service"  # may not know that they exist
NOT_ADMIN = "owner colleague stranger senior auditor researcher reader importer service"
READS_STUDIES = "owner colleague stranger senior auditor importer"
NO_STUDIES = "researcher reader admin service"


@dataclass(frozen=True)
class Row:
    """``answers``: status → people. ``ids`` and ``body`` name entries of the world."""

    name: str
    method: str
    answers: dict[int, str]
    ids: tuple[tuple[str, str], ...] = ()
    fixed: tuple[tuple[str, Any], ...] = ()
    body: str = ""
    report: str = ""  # the report whose version goes into If-Match
    form: tuple[tuple[str, str], ...] = ()  # an HTML form or an upload instead of JSON
    query: str = ""


def _read(name: str, answers: dict[int, str], *, anonymous: int = 401, **more: Any) -> Row:
    return Row(name, "GET", {**answers, anonymous: "anonymous"}, **more)


def _picture(name: str, anonymous: int) -> Row:
    return Row(
        name,
        "GET",
        {422: NEAR, 404: AWAY, anonymous: "anonymous"},  # the world's objects hold no pixels
        ids=(("report_id", "draft"), ("instance_id", "instance")),
        fixed=(("frame", 1),),
    )


def _of_report(name: str, report: str = "draft", **more: Any) -> Row:
    ids = (("report_id", report),)
    return _read(name, {200: NEAR, 404: AWAY}, ids=ids, **more)


def _change(act: str, allowed: str, report: str = "draft", body: str = "", name: str = "") -> Row:
    refused = " ".join(person for person in NEAR.split() if person not in allowed.split())
    answers = {200: allowed, 403: refused, 404: AWAY, 401: "anonymous"}
    ids = (("report_id", report),)
    return Row(name or f"api:report-{act}", "POST", answers, ids=ids, body=body, report=report)


def _mark(act: str, answers: dict[int, str], body: str = "") -> Row:
    ids = (("report_id", "draft"), ("correction_id", "mark"))
    everybody = {**answers, 404: AWAY, 401: "anonymous"}
    return Row(f"api:correction-{act}", "POST", everybody, ids=ids, body=body, report="mark")


def _page(name: str, answers: dict[int, str], **more: Any) -> Row:
    return _read(name, answers, anonymous=302, **more)


def _account(name: str, body: str) -> Row:
    answers = {200: "admin", 404: NOT_ADMIN, 401: "anonymous"}
    return Row(f"api:{name}", "PUT", answers, ids=(("user_id", "account"),), body=body)


def _list_act(name: str, allowed: str, form: tuple[tuple[str, str], ...]) -> Row:
    refused = " ".join(person for person in EVERYBODY.split() if person not in allowed.split())
    return Row(f"worklist:{name}", "POST", {302: f"{allowed} anonymous", 403: refused}, form=form)


NOT_SENIOR = "owner colleague stranger auditor researcher reader importer admin service"
NOT_SENIOR_NOR_AUDITOR = "owner colleague stranger researcher reader importer admin service"
SEES_ALGORITHMS = "owner colleague stranger senior auditor researcher admin"
NO_ALGORITHMS = "reader importer service"
SEES_AUDIT = "senior auditor"
IN_READER_STUDIES = "researcher reader"
NO_READER_STUDIES = "owner colleague stranger senior auditor importer admin service"
NO_AUDIT = "owner colleague stranger researcher reader importer admin service"


def _of_algorithm(act: str, allowed: dict[int, str], algorithm: str, body: str = "") -> tuple[Row, Row]:
    """The same act over the API and from the page: the page says on itself what is not possible now."""
    may = " ".join(allowed.values()).split()
    refused = " ".join(person for person in SEES_ALGORITHMS.split() if person not in may)
    away = {403: refused, 404: NO_ALGORITHMS}
    ids = (("algorithm_id", algorithm),)
    name = "case-runs" if act == "test" else act
    return (
        Row(f"api:algorithm-{name}", "POST", {**allowed, **away, 401: "anonymous"}, ids=ids, body=body),
        Row(
            "algorithms:act",
            "POST",
            {302: " ".join([*may, "anonymous"]), **away},
            ids=ids,
            fixed=(("act", act),),
            form=(("reason", "why not"),),
        ),
    )


def _reader_study(study: str, step: str, allowed: str, method: str = "GET", refused: str = "") -> Row:
    """Whoever has no part in a reader study does not know that it exists."""
    known = f"{allowed} {refused}".split()
    away = " ".join(person for person in EVERYBODY.split() if person not in known)
    answers = {200: allowed, 302: "anonymous"} if method == "GET" else {302: f"{allowed} anonymous"}
    form = () if method == "GET" else (("title", "Renamed"), ("version", "1"))
    ids = (("study_id", study),)
    fixed = (("step", step),)
    return Row("reader_studies:design", method, {**answers, 403: refused, 404: away}, ids=ids, fixed=fixed, form=form)


WRITES = "owner senior"  # the draft belongs to the owner; a senior may take over
_UPLOADS = "owner colleague stranger senior importer service"
_NO_UPLOADS = "auditor researcher reader admin"

_DICOM_IDS = (("study_uid", "study_uid"), ("series_uid", "series_uid"), ("instance_uid", "instance_uid"))
_IN_DICOMWEB = {200: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"}
_PIXELS_IN_DICOMWEB = {500: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"}  # the world keeps no bytes

TABLE = [
    Row("health-live", "GET", {200: f"{EVERYBODY} anonymous"}),
    Row("health-ready", "GET", {200: f"{EVERYBODY} anonymous"}),
    # --- API: session, schema, audit trail
    _read("api:schema", {200: EVERYBODY}),
    _read("api:session", {200: EVERYBODY}),
    Row("api:session", "POST", {200: f"{EVERYBODY} anonymous"}, body="login"),
    Row("api:session", "DELETE", {204: EVERYBODY, 401: "anonymous"}),
    _read(
        "api:audit-events",
        {200: "auditor", 403: "owner colleague stranger senior researcher reader importer admin service"},
    ),
    # --- API: accounts
    _read("api:users", {200: "admin", 403: NOT_ADMIN}),
    Row("api:users", "POST", {201: "admin", 403: NOT_ADMIN, 401: "anonymous"}, body="new_user"),
    _account("user-role", "role"),
    _account("user-active", "active"),
    # --- API: studies
    _read("api:studies", {200: READS_STUDIES, 403: NO_STUDIES}),
    _read("api:study", {200: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"}, ids=(("study_id", "study"),)),
    Row(
        "api:study-assignment",
        "PUT",
        {200: "senior", 403: "owner colleague auditor importer", 404: f"stranger {NO_STUDIES}", 401: "anonymous"},
        ids=(("study_id", "study"),),
        body="assign",
        report="study",
    ),
    Row(
        "api:study-alignments",
        "PUT",
        {200: "owner colleague senior", 403: "auditor importer", 404: f"stranger {NO_STUDIES}", 401: "anonymous"},
        ids=(("study_id", "study"),),
        body="alignment",
        report="unaligned",
    ),
    _read(
        "dicom_network:frames",
        {500: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"},  # allowed: blob_damaged, the world keeps no bytes
        ids=(("study_uid", "study_uid"), ("series_uid", "series_uid"), ("instance_uid", "instance_uid")),
        fixed=(("frames", (1,)),),
    ),
    _read("dicom_network:studies", {200: READS_STUDIES, 403: NO_STUDIES}),
    Row("dicom_network:studies", "POST", {415: _UPLOADS, 403: _NO_UPLOADS, 401: "anonymous"}, body="finish"),
    *(
        _read(f"dicom_network:{name}", _IN_DICOMWEB, ids=_DICOM_IDS[: 1 + ("series-" in name)])
        for name in ("study", "study-series", "study-instances", "series-instances")
    ),
    Row(
        "dicom_network:study",
        "POST",
        {415: _UPLOADS, 403: _NO_UPLOADS, 401: "anonymous"},
        ids=_DICOM_IDS[:1],
        body="finish",
    ),
    _read("dicom_network:series", _IN_DICOMWEB, ids=_DICOM_IDS[:2]),
    _read("dicom_network:instance", _IN_DICOMWEB, ids=_DICOM_IDS),
    _read("dicom_network:study-metadata", _IN_DICOMWEB, ids=_DICOM_IDS[:1]),
    _read("dicom_network:series-metadata", _IN_DICOMWEB, ids=_DICOM_IDS[:2]),
    _read("dicom_network:instance-metadata", _IN_DICOMWEB, ids=_DICOM_IDS),
    _read("dicom_network:rendered", _PIXELS_IN_DICOMWEB, ids=_DICOM_IDS),
    _read("dicom_network:frame-rendered", _PIXELS_IN_DICOMWEB, ids=_DICOM_IDS, fixed=(("frame", 1),)),
    _read("api:viewer-preferences", {200: EVERYBODY}),
    Row("api:viewer-preferences", "PUT", {200: EVERYBODY, 401: "anonymous"}, body="preferences"),
    _read("api:quarantine", {200: READS_STUDIES, 403: NO_STUDIES}),
    Row("api:uploads", "POST", {200: _UPLOADS, 403: _NO_UPLOADS, 401: "anonymous"}, form=(("files", "file"),)),
    Row("api:upload-pieces", "POST", {400: _UPLOADS, 403: _NO_UPLOADS, 401: "anonymous"}, form=(("piece", "file"),)),
    Row("api:upload-finish", "POST", {204: _UPLOADS, 403: _NO_UPLOADS, 401: "anonymous"}, body="finish"),
    # --- API: inference
    _read("api:study-jobs", {200: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"}, ids=(("study_id", "study"),)),
    Row(
        "api:study-jobs",
        "POST",
        {201: "owner colleague senior importer", 403: "auditor", 404: f"stranger {NO_STUDIES}", 401: "anonymous"},
        ids=(("study_id", "study"),),
    ),
    Row(
        "api:study-jobs",
        "POST",
        {201: "owner colleague senior", 403: "auditor importer", 404: f"stranger {NO_STUDIES}", 401: "anonymous"},
        ids=(("study_id", "study"),),
        body="c2_3",
    ),
    Row(
        "reports:c2_3",
        "POST",
        {302: "owner senior anonymous", 403: "colleague auditor", 404: AWAY},
        ids=(("report_id", "draft"),),
        form=(("structure", "disc-1"),),
    ),
    _read("api:job", {200: NEAR, 404: AWAY}, ids=(("job_id", "job"),)),
    _read("api:job-predictions", {200: NEAR, 404: AWAY}, ids=(("job_id", "job"),)),
    Row(
        "api:job-cancel",
        "POST",
        {200: "owner colleague senior", 403: "auditor", 404: AWAY, 401: "anonymous"},
        ids=(("job_id", "queued"),),
    ),
    # --- API: blind-first reading
    _read(
        "api:blind-rules",
        {
            200: "owner colleague stranger senior auditor",
            403: "researcher reader importer admin service",
        },
    ),
    Row(
        "api:blind-rules",
        "POST",
        {
            201: "senior auditor",
            403: "owner colleague stranger researcher reader importer admin service",
            401: "anonymous",
        },
        body="blind_fraction",
    ),
    _page(
        "rules:blind", {200: "owner colleague stranger senior auditor", 403: "researcher reader importer admin service"}
    ),
    Row(
        "rules:blind_add",
        "POST",
        {
            302: "senior auditor anonymous",
            403: "owner colleague stranger researcher reader importer admin service",
        },
        form=(("kind", "fraction"), ("percent", "50")),
    ),
    Row(
        "rules:blind_add",
        "POST",
        {
            302: "owner colleague stranger senior auditor anonymous",
            403: "researcher reader importer admin service",
        },
        form=(("kind", "self"),),
    ),
    Row(
        "rules:blind_end",
        "POST",
        {
            302: "senior auditor anonymous",
            403: "researcher reader importer admin service",
            404: "owner colleague stranger",
        },
        ids=(("rule_id", "blind_rule"),),
        form=(("a", "b"),),
    ),
    # --- the critical list
    _page("rules:critical", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}),
    _page("rules:critical_version", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}, fixed=(("number", 2),)),
    _page("rules:critical_propose", {200: "senior", 403: NOT_SENIOR}),
    Row("rules:critical_propose", "POST", {200: "senior", 403: NOT_SENIOR, 302: "anonymous"}, form=(("reason", ""),)),
    Row(
        "rules:critical_decide",
        "POST",
        {302: "auditor anonymous", 403: f"{NOT_SENIOR_NOR_AUDITOR} senior"},
        fixed=(("number", 2), ("act", "activate")),
        form=(("a", "b"),),
    ),
    Row(
        "rules:critical_decide",
        "POST",
        {302: "senior auditor anonymous", 403: NOT_SENIOR_NOR_AUDITOR},
        fixed=(("number", 2), ("act", "decline")),
        form=(("reason", "why not"),),
    ),
    _read("api:critical-lists", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}),
    _read("api:critical-list", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}, fixed=(("number", 2),)),
    Row("api:critical-lists", "POST", {400: "senior", 403: NOT_SENIOR, 401: "anonymous"}),
    Row(
        "api:critical-list-activate",
        "POST",
        {200: "auditor", 403: f"{NOT_SENIOR_NOR_AUDITOR} senior", 401: "anonymous"},
        fixed=(("number", 2),),
    ),
    Row(
        "api:critical-list-decline",
        "POST",
        {200: "senior auditor", 403: NOT_SENIOR_NOR_AUDITOR, 401: "anonymous"},
        fixed=(("number", 2),),
        body="reason",
    ),
    # --- the department audit
    _read("api:audit-charts", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _read("api:audit-chart", {200: SEES_AUDIT, 403: NO_AUDIT}, fixed=(("key", "findings"),)),
    _page("department_audit:overview", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page("department_audit:finding", {200: SEES_AUDIT, 403: NO_AUDIT}, fixed=(("finding", "herniation"),)),
    _page("department_audit:groups", {200: SEES_AUDIT, 403: NO_AUDIT}, fixed=(("dimension", "reader_group"),)),
    _page("department_audit:process", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page("department_audit:readers", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page("department_audit:cases", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page("department_audit:case", {404: SEES_AUDIT, 403: NO_AUDIT}, ids=(("report_id", "draft"),)),
    _page(
        "department_audit:export", {200: SEES_AUDIT, 403: NO_AUDIT}, fixed=(("key", "findings"), ("extension", "csv"))
    ),
    _page(
        "department_audit:peer_learning",
        {200: "owner colleague stranger senior auditor", 403: "researcher reader importer admin service"},
    ),
    *(
        Row(
            f"department_audit:{name}",
            "POST",
            {302: f"{allowed} anonymous", 403: " ".join(p for p in EVERYBODY.split() if p != allowed)},
            form=(("a", "b"),),
        )
        for name, allowed in (("peer_draw", "auditor"), ("peer_take", "senior"))
    ),
    _page("department_audit:peer_case", {200: "senior", 404: NOT_SENIOR}, ids=(("case_id", "peer_case"),)),
    _page(
        "department_audit:peer_picture",  # the world keeps no pixels
        {404: EVERYBODY},
        ids=(("case_id", "peer_case"),),
        fixed=(("number", 0),),
    ),
    *(
        Row(
            f"department_audit:{name}",
            "POST",
            {302: "senior anonymous", 404: NOT_SENIOR},
            ids=((key, of),),
            form=(("value", "thickened"), ("grade", "1")),
        )
        for name, key, of in (
            ("peer_answer", "case_id", "peer_case"),
            ("peer_give_back", "case_id", "peer_case"),
            ("peer_grade", "case_id", "peer_answered"),
        )
    ),
    Row(
        "department_audit:peer_notice_seen",
        "POST",
        {
            302: "senior anonymous",
            404: NOT_SENIOR,
        },
        ids=(("notice_id", "peer_notice"),),
        form=(("a", "b"),),
    ),
    _page("department_audit:monitoring", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page("department_audit:monitoring_measure", {200: SEES_AUDIT, 403: NO_AUDIT}, query="measure=gate"),
    Row(
        "department_audit:monitoring_freeze",
        "POST",
        {302: "auditor anonymous", 403: " ".join(p for p in EVERYBODY.split() if p != "auditor")},
        form=(("first", "2026-01-01"), ("last", "2026-02-01"), ("reason", "usual")),
    ),
    *(
        Row(
            "department_audit:alarm_act",
            "POST",
            {302: f"{SEES_AUDIT} anonymous", 403: NO_AUDIT},
            ids=(("alarm_id", "alarm"),),
            fixed=(("act", act),),
            form=(("reason", "a new coil"),),
        )
        for act in ("acknowledge", "assign", "close")
    ),
    _page("department_audit:thresholds", {200: SEES_AUDIT, 403: NO_AUDIT}),
    _page(
        "department_audit:threshold_bench",
        {200: SEES_AUDIT, 403: NO_AUDIT},
        ids=(("algorithm_id", "active"),),
        fixed=(("finding", "slip"),),
    ),
    Row(
        "department_audit:threshold_propose",
        "POST",
        {302: "senior anonymous", 403: NOT_SENIOR},
        ids=(("algorithm_id", "active"),),
        fixed=(("finding", "herniation"),),
        form=(("threshold", "0.4"), ("before", "0.5"), ("reason", "too many are missed")),
    ),
    *(
        Row(
            "department_audit:threshold_decide",
            "POST",
            {302: f"{allowed} anonymous", 403: " ".join(p for p in EVERYBODY.split() if p not in allowed.split())},
            ids=(("change_id", "threshold_change"),),
            fixed=(("act", act),),
            form=(("reason", "why not"),),
        )
        for act, allowed in (("activate", "auditor"), ("decline", "senior auditor"))
    ),
    # --- algorithms
    _read("api:algorithms", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}),
    _read("api:algorithm", {200: SEES_ALGORITHMS, 404: NO_ALGORITHMS}, ids=(("algorithm_id", "candidate"),)),
    _page("algorithms:list", {200: SEES_ALGORITHMS, 403: NO_ALGORITHMS}),
    _page("algorithms:detail", {200: SEES_ALGORITHMS, 404: NO_ALGORITHMS}, ids=(("algorithm_id", "candidate"),)),
    *_of_algorithm("propose", {200: "senior"}, "candidate", "reason"),
    *_of_algorithm("test", {202: "senior auditor"}, "candidate"),
    *_of_algorithm("activate", {200: "auditor"}, "proposed"),
    *_of_algorithm("decline", {200: "senior auditor"}, "proposed", "reason"),
    *_of_algorithm("retire", {200: "senior auditor"}, "active", "reason"),
    # --- API: reports
    _read(
        "api:reports",
        {200: "owner colleague stranger senior auditor", 403: "researcher reader importer admin service"},
    ),
    Row(
        "api:reports",
        "POST",
        {
            201: "owner colleague senior",
            403: "auditor researcher reader importer admin service",
            404: "stranger",
            401: "anonymous",
        },
        body="start",
    ),
    _of_report("api:report"),
    _of_report("api:report-problems"),
    _of_report("api:report-narrative"),
    _of_report("api:report-key-slices"),
    _of_report("api:report-viewer"),
    _read(
        "api:report-outlines",
        {200: NEAR, 404: AWAY},
        ids=(("report_id", "draft"), ("series_id", "series")),
    ),
    _picture("api:report-picture", 401),
    # --- API: marks for training
    _of_report("api:report-corrections"),
    Row(
        "api:report-corrections",
        "POST",
        {400: "owner colleague senior", 403: "auditor", 404: AWAY, 401: "anonymous"},  # no pixels to mark
        ids=(("report_id", "draft"),),
        body="mark",
    ),
    _mark("retract", {200: "owner", 403: "colleague senior auditor"}),
    _mark("amend", {400: "owner senior", 403: "colleague auditor"}, body="points"),
    _mark("accept", {200: "senior", 403: "owner colleague auditor"}),
    _mark("reject", {200: "senior", 403: "owner colleague auditor"}, body="why"),
    _mark("reopen", {409: "senior", 403: "owner colleague auditor"}),  # nothing was decided yet
    _read(
        "api:report-template",
        {200: "owner colleague stranger senior auditor", 403: "researcher reader importer admin service"},
        fixed=(("template_version", "2"),),
    ),
    _read(
        "api:report-template-file",
        {200: "owner colleague stranger senior auditor", 403: "researcher reader importer admin service"},
        fixed=(("template_version", "2"), ("file_name", "elements.csv")),
    ),
    _of_report("api:report-versions", "final"),
    _of_report("api:report-version", "final", fixed=(("number", 1),)),
    _of_report("api:report-export", "final", fixed=(("number", 1), ("export_format", "text"))),
    _of_report("api:report-draft-export", fixed=(("export_format", "json"),)),
    _change("findings-accept", WRITES, body="suggested"),
    _change("findings-change", WRITES, body="value"),
    _change("findings-clear", WRITES, body="suggested"),
    _change("findings-not-evaluable", WRITES, body="place"),
    _change("confirm-rest", WRITES),
    _change("confirm-levels", WRITES),
    _change("relabel", WRITES, body="shift"),
    _change("relabel-undo", WRITES, "relabelled"),
    Row(
        "api:report-lock-first-read",
        "POST",
        {200: "senior", 409: "owner", 403: "colleague auditor", 404: AWAY, 401: "anonymous"},
        ids=(("report_id", "read_blind"),),
        report="read_blind",
    ),
    _change("answer", WRITES, body="answer"),
    _change("notice", "owner colleague senior", body="notice"),
    _change("consult", "owner colleague senior", body="consult"),
    _change("consult-answer", "colleague", body="consult_answer"),
    _change("return", "senior", "preliminary", "return"),
    Row(
        "api:report-resolve-comment",
        "POST",
        {200: "owner senior", 403: "colleague auditor", 404: AWAY, 401: "anonymous"},
        ids=(("report_id", "returned"),),
        body="comment",
        report="returned",
    ),
    _change("texts-edit", WRITES, body="edited_paragraph"),
    _change("texts-restore", WRITES, body="paragraph"),
    _change("approve-preliminary", WRITES, "ready", "shown"),
    _change("reopen", "senior", "preliminary"),
    _change("sign", "senior", "ready", "sign"),
    _change("addendum", "senior", "final", "addendum"),
    _change("withdraw", "senior", "final", "withdraw"),
    _change("discard", "senior", "draft", "reason"),
    # --- pages
    Row("accounts:login", "GET", {302: EVERYBODY, 200: "anonymous"}),
    Row("accounts:logout", "POST", {302: f"{EVERYBODY} anonymous"}, form=(("next", ""),)),
    Row("accounts:language", "POST", {302: f"{EVERYBODY} anonymous"}, form=(("language", "en"),)),
    Row("worklist:list", "GET", {200: READS_STUDIES, 302: f"{NO_STUDIES} anonymous"}),
    _page("worklist:rows", {200: READS_STUDIES, 403: NO_STUDIES}),
    Row("reports:home", "GET", {302: f"{READS_STUDIES} anonymous", 200: NO_STUDIES}),
    _page("studies:detail", {200: f"{NEAR} importer", 404: f"stranger {NO_STUDIES}"}, ids=(("study_id", "study"),)),
    Row(
        "studies:share_end",
        "POST",
        {302: "owner senior anonymous", 403: "colleague auditor importer", 404: f"stranger {NO_STUDIES}"},
        ids=(("study_id", "draft_study"), ("share_id", "share")),
        form=(("a", "b"),),
    ),
    _page("studies:quarantine", {200: READS_STUDIES, 403: NO_STUDIES}),
    _page("studies:upload", {200: _UPLOADS, 403: _NO_UPLOADS}),
    Row("studies:upload", "POST", {200: _UPLOADS, 403: _NO_UPLOADS, 302: "anonymous"}, form=(("files", "file"),)),
    _list_act("search", READS_STUDIES, (("words", "near"),)),
    _list_act("save_view", READS_STUDIES, (("name", "Mine"),)),
    _list_act("order", "owner colleague stranger senior auditor", (("on", "1"),)),
    _list_act("assign", "senior", (("to", ""),)),
    Row(
        "worklist:change_view",
        "POST",
        {302: "owner anonymous", 403: NO_STUDIES, 404: "colleague stranger senior auditor importer"},
        ids=(("view_id", "view"),),
        form=(("act", "default"),),
    ),
    Row(
        "worklist:run_models",
        "POST",
        {302: "owner colleague senior importer anonymous", 403: "auditor", 404: f"stranger {NO_STUDIES}"},
        ids=(("study_id", "study"),),
        form=(("a", "b"),),
    ),
    Row(
        "worklist:start",
        "POST",
        {302: "owner colleague senior anonymous", 403: "auditor importer", 404: f"stranger {NO_STUDIES}"},
        ids=(("study_id", "study"),),
        form=(("a", "b"),),
    ),
    _page("reader_studies:list", {200: IN_READER_STUDIES, 403: NO_READER_STUDIES}),
    Row(
        "reader_studies:create",
        "POST",
        {302: "researcher anonymous", 403: f"reader {NO_READER_STUDIES}"},
        form=(("title", "Mine"),),
    ),
    *(
        _reader_study(study, step, who)
        for study, who in (("reader_study", "researcher"), ("foreign_reader_study", ""))
        for step in ("words", "findings", "cases", "people", "arms", "power", "check")
    ),
    _reader_study("locked_reader_study", "check", "", refused="reader"),
    _reader_study("reader_study", "words", "researcher", "POST"),
    _reader_study("foreign_reader_study", "words", "", "POST"),
    _reader_study("locked_reader_study", "words", "", "POST", refused="reader"),
    _of_report("reports:read", anonymous=302),
    _of_report("reports:panels", anonymous=302),
    _change("sign", "senior", "ready", "sign", name="reports:sign"),
    _change("addendum", "senior", "final", "addendum", name="reports:addendum"),
    _change("withdraw", "senior", "final", "withdraw", name="reports:withdraw"),
    _of_report("reports:draft_file", anonymous=302, fixed=(("extension", "txt"),)),
    _of_report("reports:version", "final", anonymous=302, fixed=(("number", 1),)),
    _of_report("reports:version_file", "final", anonymous=302, fixed=(("number", 1), ("extension", "json"))),
    _picture("reports:image", 302),
]
