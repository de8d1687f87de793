"""The input gate: for each finding run or withheld, with every reason. Pure; facts in, decision out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference.gate_reasons import GateReason
from inference.results import FindingGate, Gate
from reporting.vocabulary import MACHINE_FINDINGS, GateStatus, MachineFinding, SeriesRole

ADULT_YEARS = 18.0

# Level refusals that mean: this is not a neck, or not one that can be recognised.
_WRONG_REGION = frozenset({"no_canal", "no_column", "implausible_heights", "implausible_spacing"})


@dataclass(frozen=True)
class GateFacts:
    """What is known when the decision is made; every tuple holds reason codes and is empty when all is well.

    ``study``: reasons against the whole study. ``t1``, ``axial``: why that series cannot serve its findings.
    ``levels``: why no level is named; ``None`` while levels were not tried because ``study`` forbids it.
    ``blocked``: single levels of which nothing may be stated, and why.
    """

    study: tuple[str, ...] = ()
    t1: tuple[str, ...] = ()
    axial: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def decide(facts: GateFacts) -> Gate:
    """Every finding needs a study without objection, named levels and its own series."""
    findings = {finding: _finding(finding, facts) for finding in MachineFinding}
    statuses = {gate.status for gate in findings.values()}
    status = GateStatus.PARTIAL if len(statuses) > 1 else statuses.pop()
    if facts.blocked and status is GateStatus.RUN:
        status = GateStatus.PARTIAL
    said = [*(gate.reasons for gate in findings.values()), *facts.blocked.values()]
    reasons = tuple(dict.fromkeys(reason for reasons in said for reason in reasons))
    return Gate(status=status, findings=findings, reasons=reasons, levels=dict(facts.blocked))


def _finding(finding: MachineFinding, facts: GateFacts) -> FindingGate:
    needs_t1 = MACHINE_FINDINGS[finding].needs is SeriesRole.SAGITTAL_T1
    reasons = [*facts.study, *level_reasons(facts.levels), *(facts.t1 if needs_t1 else facts.axial)]
    status = GateStatus.WITHHELD if reasons else GateStatus.RUN
    return FindingGate(status, tuple(dict.fromkeys(reasons)))


def level_reasons(reasons: tuple[str, ...]) -> tuple[str, ...]:
    """The gate's words for a failed level check, with the check's own code behind them."""
    if not reasons or reasons == (GateReason.MISSING_SAGITTAL.value,):
        return reasons
    region = (GateReason.WRONG_REGION.value,) if _WRONG_REGION & set(reasons) else ()
    return (*region, GateReason.LEVELS_UNCERTAIN.value, *reasons)


def study_reasons(study_uids: set[str], patients: set[tuple[str, str]], age_years: float | None) -> tuple[str, ...]:
    """Objections to the study as a whole. An unknown age is no objection; it is said in ``quality``."""
    reasons = []
    if len(study_uids) > 1:
        reasons.append(GateReason.SEVERAL_STUDIES.value)
    elif len(patients) > 1:
        reasons.append(GateReason.SEVERAL_PATIENTS.value)
    if age_years is not None and age_years < ADULT_YEARS:
        reasons.append(GateReason.AGE_BELOW_18.value)
    return tuple(reasons)
