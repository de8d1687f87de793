"""The protocol of a locked reader study, section by section, in the active language; people and cases by code only.

What was locked comes from the newest protocol version, so that the paper says what the digest stands for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporting.reader_studies.allocation import Placed, balance
from reporting.reader_studies.candidates import case_mix
from reporting.reader_studies.models import Protocol, ReaderStudy, ReferencePanel, ReferenceStandard
from reporting.reader_studies.package.document import Fact, Section, Table
from reporting.reader_studies.package.protocol_versions import frozen, versions
from reporting.reader_studies.package.sample_size_section import sample_size_section
from reporting.reader_studies.services.locking import plan_of
from reporting.reader_studies.stopping import Limits
from reporting.reader_studies.words import ArmKind, Design, PanelScheme, Scale, TruthSource


def sections(study: ReaderStudy, protocols: list[Protocol]) -> Iterator[Section]:
    """``protocols``: every version, the first one first; at least the one that was locked."""
    content = json.loads(protocols[-1].content)
    yield Section(_("Research question"), paragraphs=tuple(_lines(content["question"])))
    yield _findings(content)
    yield _cases(study, content)
    yield _readers(study, content)
    yield _design(content)
    yield _order(study, content)
    yield sample_size_section(content)
    yield _reference(study)
    yield _stopping(content)
    yield frozen(content)
    yield versions(study, protocols)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _findings(content: dict[str, Any]) -> Section:
    rows = tuple(
        (
            f"{one['label']} ({one['key']})",
            _scale(one),
            _places(one),
            _cut(one),
            one["machine_finding"] or "–",
        )
        for one in content["findings"]
    )
    head = (_("Finding (key)"), _("Scale"), _("Where"), _("Positive from"), _("Algorithm's finding"))
    return Section(_("Rated findings"), tables=(Table(head, rows, (3, 3, 3, 2, 2)),))


def _scale(finding: dict[str, Any]) -> str:
    scale = Scale(finding["scale"])
    if scale is Scale.ORDINAL:
        return "; ".join(f"{number} {grade}" for number, grade in enumerate(finding["grades"]))
    return str(scale.label)


def _places(finding: dict[str, Any]) -> str:
    levels = ", ".join(finding["levels"]) or _("whole case")
    return _("%(levels)s; left and right apart") % {"levels": levels} if finding["sides"] else levels


def _cut(finding: dict[str, Any]) -> str:
    least = finding["positive_from"]
    match Scale(finding["scale"]):
        case Scale.LOCATION:
            return _("marked")
        case Scale.BINARY:
            return _("present")
        case Scale.ORDINAL:
            return str(finding["grades"][int(least)])
        case Scale.CONFIDENCE:
            return f"{least:g} %"
        case Scale.MILLIMETRES:
            return f"{least:g} mm"


def _cases(study: ReaderStudy, content: dict[str, Any]) -> Section:
    cases = content["cases"]
    training = sum(one["training"] for one in cases)
    strata = Counter(one["stratum"] for one in cases if not one["training"])
    facts: list[Fact] = [
        (_("Cases that count"), str(len(cases) - training)),
        (_("Training cases"), str(training)),
        (_("Retracted since"), ", ".join(content.get("retracted", [])) or _("none")),
    ]
    tables = []
    if set(strata) != {""}:
        rows = tuple((stratum or "–", str(number)) for stratum, number in sorted(strata.items()))
        tables.append(Table((_("Stratum"), _("Cases")), rows, (0, 0), numeric=(1,)))
    mix = case_mix(study)
    head = (_("Age in years"), _("Women"), _("Men"), _("Other or unknown"))
    counts = tuple((decade, str(women), str(men), str(other)) for decade, women, men, other in mix)
    title = _("Case mix, training cases included")
    tables.append(Table(head, counts, (0, 0, 0, 0), title, (1, 2, 3)))
    return Section(_("Cases"), tuple(facts), tables=tuple(tables))


def _readers(study: ReaderStudy, content: dict[str, Any]) -> Section:
    withdrawn = set(content.get("withdrawn", []))
    rows = tuple(
        (
            one["code"],
            "–" if one["experience_years"] is None else str(one["experience_years"]),
            _("has withdrawn") if one["code"] in withdrawn else _("takes part"),
        )
        for one in content["readers"]
    )
    head = (_("Reader"), _("Experience, years"), _("State"))
    return Section(_("Readers"), tables=(Table(head, rows, (0, 0, 0), numeric=(1,)),))


def _design(content: dict[str, Any]) -> Section:
    sessions = len({row[3] for row in content["allocation"]})
    facts: list[Fact] = [
        (_("Design"), str(Design(content["design"]).label)),
        (_("Arms"), "; ".join(str(kind.label) for kind in ArmKind if kind in content["arms"])),
        (_("Sessions"), str(sessions)),
    ]
    if sessions > 1:
        days = content["washout_days"]
        facts.append((_("Washout between sessions"), ngettext("%(n)s day", "%(n)s days", days) % {"n": days}))
    block = content["block_size"]
    facts.append((_("Cases per block"), str(block) if block else _("no blocks")))
    if content["reader_groups"]:
        facts.append((_("Groups of readers"), str(content["reader_groups"])))
    return Section(_("Arms, design and sessions"), tuple(facts))


def _order(study: ReaderStudy, content: dict[str, Any]) -> Section:
    """The balance is worked out again from what was locked, not taken from anywhere."""
    even = balance(plan_of(study), (Placed(*row) for row in content["allocation"]))
    facts: list[Fact] = [
        (_("Seed of the order"), content["seed"]),
        (_("Readings, training left out"), str(even.readings)),
    ]
    rows = (
        (_("readings between readers"), str(even.per_reader)),
        (_("readings between arms within a session"), str(even.arms_within_session)),
        (_("readers who meet a case first in each arm"), str(even.arm_first)),
        (_("cases of a stratum between arms within a session"), str(even.strata_within_arm)),
    )
    head = (_("Largest difference in the number of"), _("Found"))
    return Section(_("Order and balance"), tuple(facts), tables=(Table(head, rows, (0, 0), numeric=(1,)),))


def _reference(study: ReaderStudy) -> Section:
    panel = ReferencePanel.objects.filter(reader_study=study).first()
    facts: list[Fact] = [
        (_("Panel"), str(PanelScheme(panel.scheme).label) if panel else _("none")),
        (_("Files imported"), str(study.truth_imports.count())),
    ]
    newest: dict[tuple[Any, ...], str] = {}
    values = ReferenceStandard.objects.filter(case__reader_study=study).order_by("number")
    for *place, source in values.values_list("case", "finding", "level", "side", "source"):
        newest[tuple(place)] = source
    counted = Counter(newest.values())
    rows = tuple((str(source.label), str(counted[source])) for source in TruthSource if counted[source])
    head = (_("Source of the reference value"), _("Rated places"))
    tables = (Table(head, rows, (0, 0), numeric=(1,)),) if rows else ()
    return Section(_("Reference standard"), tuple(facts), tables=tables)


def _stopping(content: dict[str, Any]) -> Section:
    limits = Limits.of(content.get("stopping_limits") or {})
    named = (
        (_("Stop when so many readers read everything"), limits.readers),
        (_("Stop when so many cases are read by everybody"), limits.cases),
        (_("Last day of reading"), limits.until),
        (_("Longest reading of a case, minutes"), limits.minutes),
    )
    facts = tuple((name, str(limit)) for name, limit in named if limit is not None)
    words = tuple(_lines(content["stopping_rule"]))
    return Section(_("Stopping rule"), facts, words if words or facts else (_("None was set."),))
