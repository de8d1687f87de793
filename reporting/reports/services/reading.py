"""Rows → sheet, and everything a page shows about a report in one go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from reporting.reports.blind import masked_facts, masked_rows
from reporting.reports.consistency import Problem, find_problems, is_settled
from reporting.reports.content import canonical, content_of, sha256_of
from reporting.reports.critical import Critical, criticals
from reporting.reports.drafting import Analysis
from reporting.reports.house_rules import worded
from reporting.reports.models import CheckAnswer, EditedText, Finding, LevelMap, Report, ReportVersion, VersionKind
from reporting.reports.places import Place
from reporting.reports.prior import said_before
from reporting.reports.prose_problems import Basis, prose_problems
from reporting.reports.rendering import Language, Paragraphs, Rendering, render, with_paragraphs
from reporting.reports.services.critical_lists import rules_of
from reporting.reports.services.house_rules import house_rules_of
from reporting.reports.sheet import OTHER_SERIES, Facts, Sheet, Statement
from reporting.reports.states import FindingState
from reporting.reports.template import TEMPLATES
from reporting.reports.withholding import DECIDING_FIELDS, Stops, stops_of
from reporting.studies.models import Study
from reporting.vocabulary import DiscLevel, SeriesRole, Vertebra

# Rows whose structure lies outside the reported levels after a relabel are kept under such a level, for the way back.
OUTSIDE = "-"


@dataclass(frozen=True)
class Preview:
    """A report as it would be signed now. ``digest`` is what a signer sends back to say what they were shown."""

    content: dict[str, Any]
    digest: str
    sheet: Sheet
    en: Rendering
    zh: Rendering
    problems: tuple[Problem, ...]
    answers: dict[tuple[str, str], str]
    criticals: tuple[Critical, ...]

    @property
    def unsettled(self) -> list[Problem]:
        """What still stands between this report and a signature."""
        return [p for p in self.problems if not is_settled(p, self.answers)]

    def rendering(self, language: Language) -> Rendering:
        return self.en if language is Language.EN else self.zh


def current_level_map(report: Report) -> LevelMap:
    return LevelMap.objects.get(report=report, version=report.level_map_version)


def analysis_of(report: Report) -> Analysis:
    return Analysis.read(report.job.result if report.job is not None else None)


def earlier_category(report: Report) -> int | None:
    """The gravest category in the newest version of this study's reports, 0 for none; ``None`` before the first."""
    versions = ReportVersion.objects.filter(report__study=report.study_id).exclude(kind=VersionKind.ADDENDUM)
    newest = versions.order_by("-created_at").first()
    if newest is None:
        return None
    return min((c["category"] for c in json.loads(newest.content).get("criticals", ())), default=0)


def facts_of(report: Report, level_map: LevelMap) -> Facts:
    """What the study and the machine run say of themselves."""
    analysis = analysis_of(report)
    study = report.study
    earlier = (
        Study.objects.filter(patient=study.patient_id, study_date__lt=study.study_date) if study.study_date else None
    )
    newest_before = earlier.order_by("-study_date", "-created_at").first() if earlier is not None else None
    roles = set(study.series_set.values_list("role", flat=True))
    seen = {level_map.mapping.get(name) for name in analysis.levels if not analysis.is_uncertain(name)}
    covered = {Vertebra.C2.value, Vertebra.T1.value} <= seen
    extra: set[str] = set()
    if Vertebra.T1.value in seen:
        extra |= {Vertebra.T1.value, DiscLevel.C7_T1.value}
    if DiscLevel.C7_T1.value in seen:
        extra.add(DiscLevel.C7_T1.value)
    return Facts(
        sequences=tuple(OTHER_SERIES if r is SeriesRole.UNKNOWN else r.value for r in SeriesRole if r.value in roles),
        extra_levels=frozenset(extra),
        gate=analysis.gate if report.job is not None else "none",
        gate_reasons={**analysis.reasons, **reader_stops(report).as_gate_reasons()},
        levels_plausible=analysis.levels_are_plausible(),
        demo_weights=report.job.algorithm.applicability if report.job is not None else "",
        algorithm=str(report.job.algorithm) if report.job is not None else "",
        level_method=_level_method(report, analysis),
        covers_all=covered,
        has_earlier_study=newest_before is not None,
        earlier_study=_named(newest_before),
        before=said_before(report),
        earlier_category=earlier_category(report),
        values_outside=report.findings.filter(level__startswith=OUTSIDE, set_by__isnull=False).count(),
    )


def _named(study: Study | None) -> str:
    """An earlier study as the report names it: date and accession number."""
    if study is None or study.study_date is None:
        return ""
    return ", ".join(filter(None, (study.study_date.isoformat(), study.accession_number)))


def reader_stops(report: Report) -> Stops:
    """Where this report's own fields turn the machine off."""
    rows = report.findings.filter(field__in=DECIDING_FIELDS)
    return stops_of({row.place: row.human_value for row in rows})


def _level_method(report: Report, analysis: Analysis) -> str:
    """A value of the field ``level_method``: without a name from the machine the reader counts."""
    if report.job is None or all(analysis.is_uncertain(level) for level in analysis.levels):
        return "manual"
    return "one_click" if report.job.c2_3_hint_lps_mm is not None else "dens"


def findings_of(report: Report, *, blind: bool = False) -> list[Finding]:
    """Rows inside the reported levels, in a fixed order; for a ``blind`` reader copies without the machine."""
    rows = report.findings.select_related("prediction__job__algorithm", "set_by")
    inside = [row for row in rows.order_by("field", "level", "side", "instance") if not row.level.startswith(OUTSIDE)]
    return masked_rows(inside) if blind else inside


def sheet_of(report: Report, findings: list[Finding], level_map: LevelMap, *, blind: bool = False) -> Sheet:
    statements: dict[Place, Statement] = {
        row.place: Statement(
            state=FindingState(row.state),
            value=row.value,
            machine_value=row.machine_value,
            machine_positive=row.prediction.positive if row.prediction is not None else None,
            machine_note=row.machine_note,
            bulk=row.bulk,
        )
        for row in findings
    }
    facts = facts_of(report, level_map)
    rules = house_rules_of(report)
    template = worded(TEMPLATES[report.template.version], rules)
    return Sheet(template, statements, masked_facts(facts) if blind else facts, rules)


def load_sheet(report: Report, *, blind: bool = False) -> Sheet:
    """The report's fields as they are now, as a ``blind`` reader may know them."""
    return sheet_of(report, findings_of(report, blind=blind), current_level_map(report), blind=blind)


def edited_texts(report: Report) -> list[EditedText]:
    """Every paragraph that somebody edited, also those given back to the fields since."""
    return list(report.edited_texts.select_related("edited_by").order_by("section", "language"))


def renderings_of(sheet: Sheet, edited: list[EditedText]) -> dict[Language, Rendering]:
    """The text in both languages, with the paragraphs that a person wrote."""
    paragraphs: Paragraphs = {row.key: row.text for row in edited if row.text}
    return {language: with_paragraphs(render(sheet, language), paragraphs) for language in Language}


def preview(report: Report, *, blind: bool = False) -> Preview:
    """Text in both languages, problems, criticals, canonical content and its digest.

    ``blind``: as a reader sees it who reads first without the machine; such a preview cannot be signed.
    """
    level_map, findings = current_level_map(report), findings_of(report, blind=blind)
    sheet = sheet_of(report, findings, level_map, blind=blind)
    rules = rules_of(report)
    answers = list(CheckAnswer.objects.filter(report=report).order_by("created_at"))
    edited = edited_texts(report)
    renderings = renderings_of(sheet, edited)
    bases = {row.key: Basis(row.generated) for row in edited if row.text}
    problems = [*find_problems(sheet, rules), *prose_problems(sheet, renderings, bases)]
    fired = criticals(sheet, rules)
    content = content_of(
        report,
        site=settings.SITE_NAME,
        facts=sheet.facts,
        findings=findings,
        level_map=level_map,
        answers=answers,
        edited=edited,
        problems=problems,
        criticals=fired,
        renderings=renderings,
    )
    return Preview(
        content=content,
        digest=sha256_of(canonical(content)),
        sheet=sheet,
        en=renderings[Language.EN],
        zh=renderings[Language.ZH],
        problems=tuple(problems),
        answers={(a.code, a.fingerprint): a.answer for a in answers},
        criticals=tuple(fired),
    )


def changes_since(report: Report, version: int, *, blind: bool = False) -> dict[str, Any]:
    """What somebody with a stale page needs to compare: rows changed since ``version``, and the text as it is now."""
    sheet = load_sheet(report, blind=blind)
    edited = edited_texts(report)
    renderings = renderings_of(sheet, edited)
    changed = [row for row in findings_of(report, blind=blind) if row.report_version > version]
    return {
        "version": report.version,
        "status": report.status,
        "changes": [
            {
                "key": str(row.place),
                "state": row.state,
                "value": row.human_value,
                "set_by": row.set_by.full_name if row.set_by else "",
                "set_at": row.set_at.isoformat() if row.set_at else "",
            }
            for row in changed
        ],
        "texts": [
            {
                "section": row.section,
                "language": row.language,
                "text": row.text,
                "set_by": row.edited_by.full_name,
                "set_at": row.edited_at.isoformat(),
            }
            for row in edited
            if row.report_version > version
        ],
        "text_en": renderings[Language.EN].text,
        "text_zh": renderings[Language.ZH].text,
    }
