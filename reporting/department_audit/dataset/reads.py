"""The signed read that counts for a report, with its labels and everything that says where they come from."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from reporting.department_audit.building import build
from reporting.department_audit.dataset.labels import Excluded, Label, labels_of, reason_against_levels
from reporting.department_audit.facts import blind_values
from reporting.department_audit.filters import Filter
from reporting.department_audit.models import ReferenceRead, SignedRead, Standing
from reporting.department_audit.words import Truth
from reporting.predictions.models import InferenceJob
from reporting.reports.models import FirstRead, Report
from reporting.reports.places import Place
from reporting.reports.states import ReportStatus
from reporting.reports.template import TEMPLATES


@dataclass(frozen=True)
class Sample:
    """What is exported of one report, before anything was de-identified."""

    report: Report
    read: SignedRead
    content: dict[str, Any]
    labels: list[Label]
    excluded: list[Excluded]
    levels: list[dict[str, Any]]


def sample_of(report: Report, chosen: Filter) -> Sample | Excluded | None:
    """The report's sample, why it is none, or nothing: it is not asked for."""
    if report.status == ReportStatus.WITHDRAWN.value:
        return Excluded("", "withdrawn")
    current = [(read, facts) for read, facts in build([report.pk]) if read.standing == Standing.CURRENT]
    if not current:
        return Excluded("", "no_signed_values")
    read, facts = current[-1]
    if not _is_asked_for(read, chosen):
        return None
    content: dict[str, Any] = json.loads(read.version.content)
    if reason := reason_against_levels(content):
        return Excluded("", reason)
    if read.template_version not in TEMPLATES:
        return Excluded("", "template_unknown")
    outcomes = {Place(f["field"], f["level"], f["side"], f["instance"]): str(f["outcome"]) for f in facts}
    labels, excluded = labels_of(
        content, TEMPLATES[read.template_version], outcomes, _references(report), _blind_first(report, content)
    )
    labels = [label for label in labels if _is_wanted(label, chosen)]
    return Sample(report, read, content, labels, excluded, _levels(content))


def provenance_of(sample: Sample) -> dict[str, Any]:
    """Which version, who read it as what, which algorithm filled it; no person and no date."""
    read = sample.read
    return {
        "version_number": read.number,
        "version_kind": read.kind,
        "reader_role": read.role,
        "reader_group": read.reader_group,
        "template_version": read.template_version,
        "vocabulary_version": read.vocabulary_version,
        "algorithm_name": read.algorithm_name,
        "algorithm_version": read.algorithm_version,
        "weights_sha256": read.weights_sha256,
    }


def _is_asked_for(read: SignedRead, chosen: Filter) -> bool:
    if (chosen.month_from and read.month < chosen.month_from) or (chosen.month_to and read.month > chosen.month_to):
        return False
    return all(getattr(read, dimension.value) == value for dimension, value in chosen.conditions().items())


def _is_wanted(label: Label, chosen: Filter) -> bool:
    """What the filter says of places narrows the labels; ``truth`` other than the final read asks for labels of it."""
    asked = {name: getattr(chosen, name) for name in ("finding", "level", "side", "outcome")}
    if chosen.truth == Truth.BLIND.value:
        asked["read_blind_first"] = True
    elif chosen.truth != Truth.FINAL.value:
        asked["truth_source"] = chosen.truth
    return all(label[name] == value for name, value in asked.items() if value)


def _references(report: Report) -> dict[Place, dict[str, str]]:
    found: dict[Place, dict[str, str]] = defaultdict(dict)
    for one in ReferenceRead.objects.filter(study=report.study_id, superseded_by__isnull=True):
        found[Place(one.field, one.level, one.side, one.instance)][one.source] = one.value
    return found


def _blind_first(report: Report, content: dict[str, Any]) -> dict[Place, Any]:
    first = FirstRead.objects.filter(report=report).order_by("created_at", "pk").first()
    return blind_values(content, json.loads(first.values)["values"]) if first else {}


def _levels(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Where each level lies (LPS mm), under the name the reader confirmed."""
    mapping = (content.get("levels") or {}).get("mapping") or {}
    number = (content.get("algorithm") or {}).get("job")
    job = InferenceJob.objects.filter(pk=number).first() if number else None
    found = ((job.result or {}) if job else {}).get("levels") or []
    return [
        {
            "name": mapping.get(level["name"], level["name"]),
            "machine_name": level["name"],
            "kind": level["kind"],
            "center_lps_mm": level["center_lps_mm"],
        }
        for level in found
        if level.get("name") and level.get("center_lps_mm") and mapping.get(level["name"], level["name"])
    ]
