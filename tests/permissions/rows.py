"""Rows of the table role × address, and the short ways to write those that are alike."""

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
