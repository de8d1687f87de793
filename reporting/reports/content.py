"""The canonical content of a report: what is shown, digested, signed and exported, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from reporting.predictions.models import Prediction
from reporting.reports.consistency import Problem
from reporting.reports.critical import Critical
from reporting.reports.models import CheckAnswer, EditedText, Finding, LevelMap, Report
from reporting.reports.rendering import Language, Rendering
from reporting.reports.sheet import Facts

SCHEMA = 3  # 2 knew no hand-edited paragraphs
VOCABULARY_VERSION = "1"
# Of a prediction; the algorithm that made it stands once, at the top of the content.
_SAID = (
    *("finding", "level", "side", "probability", "threshold", "positive", "mm", "mm_from_mask"),
    *("grade", "zone", "herniation_side", "direction", "flags"),
    *("series_instance_uid", "sop_instance_uid", "frame_number"),
)


def canonical(content: Mapping[str, Any]) -> str:
    """Canonical JSON: sorted keys, no spaces, characters as they are."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def texts_sha256(text_en: str, text_zh: str) -> str:
    """One digest over both rendered texts, each with its length so that they cannot run into each other."""
    return sha256_of(f"{len(text_en)}:{text_en}{len(text_zh)}:{text_zh}")


def header_of(report: Report, site: str) -> dict[str, Any]:
    """Who and what the report is about, as it stood when it was signed."""
    study, patient = report.study, report.study.patient
    return {
        "site": site,
        "patient_name": patient.name,
        "patient_id": patient.patient_id,
        "issuer": patient.issuer,
        "sex": patient.sex,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "age_years": study.age_years,
        "accession_number": study.accession_number,
        "examination": study.description,
        "study_date": study.study_date.isoformat() if study.study_date else "",
        "referring_unit": study.referring_unit,
        "study_instance_uid": study.study_instance_uid,
    }


def finding_content(row: Finding) -> dict[str, Any]:
    return {
        "key": str(row.place),
        "state": row.state,
        "value": row.human_value,
        "unit": row.unit,
        "bulk": row.bulk,
        "set_by": str(row.set_by_id or ""),
        "set_at": row.set_at.isoformat() if row.set_at else "",
        "machine": {"value": row.machine_value, "note": row.machine_note, **_prediction(row.prediction)},
    }


def _prediction(prediction: Prediction | None) -> dict[str, Any]:
    """What the machine said of the place, and of which image."""
    if prediction is None:
        return {"prediction": ""}
    said = {name: getattr(prediction, name) for name in _SAID}
    return {"prediction": str(prediction.pk), "job": str(prediction.job_id), **said}


def template_content(report: Report) -> dict[str, Any]:
    return {"version": report.template.version, "digest": report.template.digest}


def critical_list_content(report: Report) -> dict[str, Any]:
    """Which critical list the report goes by; nothing for one from before lists had versions."""
    kept = report.critical_list
    return {} if kept is None else {"number": kept.number, "digest": kept.digest}


def house_rules_content(report: Report) -> dict[str, Any]:
    """The settings that the report goes by, in full: what was signed stays readable without them."""
    kept = report.house_rules
    return {} if kept is None else {"number": kept.number, "digest": kept.digest, **kept.definition}


def levels_content(level_map: LevelMap) -> dict[str, Any]:
    """``slices`` only where a reader chose one: content without them is as it was before they could be chosen."""
    chosen = {"slices": level_map.slices} if level_map.slices else {}
    return {"version": level_map.version, "mapping": level_map.mapping, **chosen}


def answer_content(answer: CheckAnswer) -> dict[str, Any]:
    return {
        "code": answer.code,
        "fingerprint": answer.fingerprint,
        "answer": answer.answer,
        "comment": answer.comment,
        "by": str(answer.answered_by_id),
    }


def _rendering(rendering: Rendering) -> dict[str, Any]:
    """The generated sentences, and where a person wrote a paragraph instead, that too."""
    return {
        "findings": [
            {
                "block": section.block.value,
                "title": section.title,
                "sentences": [{"text": s.text, "sources": list(s.sources)} for s in section.sentences],
                "manual": section.manual,
            }
            for section in rendering.sections
        ],
        "impression": [{"text": s.text, "sources": list(s.sources)} for s in rendering.impression],
        "impression_manual": rendering.impression_manual,
    }


def edited_text_content(row: EditedText) -> dict[str, Any]:
    return {
        "section": row.section,
        "language": row.language,
        "text": row.text,
        "generated": row.generated,
        "by": str(row.edited_by_id),
        "at": row.edited_at.isoformat(),
    }


def algorithm_of(report: Report) -> dict[str, Any]:
    """Algorithm Identification of the machine values, or nothing. ``thresholds``: those the department moved."""
    if report.job is None:
        return {}
    algorithm = report.job.algorithm
    return {
        "name": algorithm.name,
        "version": algorithm.version,
        "weights_sha256": algorithm.weights_sha256,
        "applicability": algorithm.applicability,
        "job": str(report.job.id),
        **({"thresholds": report.job.thresholds} if report.job.thresholds else {}),
    }


def content_of(
    report: Report,
    *,
    site: str,
    facts: Facts,
    findings: Iterable[Finding],
    level_map: LevelMap,
    answers: Iterable[CheckAnswer],
    edited: Iterable[EditedText],
    problems: Iterable[Problem],
    criticals: Iterable[Critical],
    renderings: Mapping[Language, Rendering],
) -> dict[str, Any]:
    """Everything a reader was shown and answered, as plain JSON."""
    return {
        "schema": SCHEMA,
        "report": str(report.id),
        "header": header_of(report, site),
        "template": template_content(report),
        "vocabulary": VOCABULARY_VERSION,
        "critical_list": critical_list_content(report),
        "house_rules": house_rules_content(report),
        "algorithm": algorithm_of(report),
        "levels": levels_content(level_map),
        "facts": {
            "sequences": list(facts.sequences),
            "gate": facts.gate,
            "gate_reasons": {k: list(v) for k, v in sorted(facts.gate_reasons.items())},
        },
        "findings": [finding_content(row) for row in findings],
        "answers": [answer_content(answer) for answer in answers],
        "edited_texts": [edited_text_content(row) for row in edited],
        "questions": [{"code": p.code, "keys": [str(x) for x in p.places]} for p in problems],
        "criticals": [
            {"code": c.trigger.code, "category": c.trigger.category, "keys": [str(p) for p in c.places]}
            for c in criticals
        ],
        "text": {language.value: _rendering(renderings[language]) for language in Language},
    }
