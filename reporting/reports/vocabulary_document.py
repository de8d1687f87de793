"""docs/vocabulary.md: every word of a report, from the template and the critical list themselves."""

from __future__ import annotations

from reporting.reports.critical import SHIPPED
from reporting.reports.template import CURRENT, TITLES
from reporting.reports.template.markdown import template_lines
from reporting.vocabulary import ACTIONABLE_CODES

_INTRODUCTION = f"""# Vocabulary of the report, version {CURRENT.version}

Made by `manage.py report_template --format markdown`; a test keeps it equal to the code. The same for programs:
`fixtures/report_template_v{CURRENT.version}.json` as reports use it; open data elements as JSON (`--format`
`elements.json`) or CSV (`elements.csv`, a row a value); an IHE report template (MRRT, HTML5; `mrrt-en.html`,
`mrrt-zh.html`); all of them from `/api/report-templates/` too. Reports begun with an earlier version keep that one.

A place in a report is written `field@level:side#instance`: `disc_class@C5/6`, `lf@C5/6:left`, `cord_signal#2`,
`hern_zone@C5/6#2`. Vertebrae run from C1 to T1, discs from C2/3 to C7/T1; sides are the patient's. A slip belongs to
the upper vertebra of its pair. Codes are given only where they were verified (SCT, DCM, LN, RADLEX; RDES and OIFM are
RadElement and Open Imaging ids).

A field is `unset`, `ai_suggested`, `human_confirmed`, `human_changed` or `not_evaluable`; only human values print, and
what is unset prints as not assessed, never as normal."""


def vocabulary_document() -> str:
    """The whole document."""
    lines = [
        _INTRODUCTION,
        *template_lines(CURRENT, TITLES),
        "",
        "## Critical and actionable findings · 危急与重要发现",
        "",
    ]
    lines += [
        "Computed from human values only; category 1 needs an answer before signing. A department confirms the list.",
        "",
        "| category | finding | 中文 | expression |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {t.category} ({ACTIONABLE_CODES[t.category].value}) | {t.en} | {t.zh} | {str(t.when).replace('|', '/')} |"
        for t in SHIPPED.triggers
    ]
    return "\n".join(lines) + "\n"
