"""What the page of one algorithm shows: its card, its runs on the frozen cases, what may be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may
from reporting.core.two_people import why_not_second
from reporting.predictions.case_words import case_reason_text
from reporting.predictions.models import Algorithm, AlgorithmStatus, CaseRun, ThresholdChange
from reporting.predictions.services import passed_run, shipped_threshold
from reporting.reports.wording import applicability_text, finding_text
from reporting.vocabulary import MachineFinding

SHOWN_RUNS = 5
NETWORKS: dict[str, str | Promise] = {
    "sagittal_segmentation": _("Sagittal segmentation"),
    "axial_segmentation": _("Axial segmentation"),
}
ORIGINS: dict[str, str | Promise] = {
    "bundle": _("Bundle"),
    "network": _("Network of the bundle"),
    "base": _("All other networks"),
    "callable": _("Callable"),
}
FIGURES: dict[str, str | Promise] = {
    "auc": _("area under the ROC curve"),
    "sensitivity": _("sensitivity"),
    "specificity": _("specificity"),
    "ece": _("calibration error"),
    "mae_mm": _("mean error, mm"),
    "mae_mm_positives": _("mean error of positives, mm"),
    "patients": _("patients"),
    "crops": _("places"),
    "positives": _("positives"),
    "zone_right": _("zone right"),
    "side_right": _("side right"),
    "direction_right": _("direction right"),
}


@dataclass(frozen=True)
class ThresholdRow:
    """``shipped``: the algorithm's own; ``change``: the department's, where it moved it."""

    finding: str
    name: str
    shipped: float
    change: ThresholdChange | None

    @property
    def in_force(self) -> float:
        return self.shipped if self.change is None else self.change.threshold


@dataclass(frozen=True)
class NetworkRow:
    """One network of an algorithm, as its card describes it."""

    name: str
    version: str
    trained_on: str
    phantom_version: str
    seeds: tuple[tuple[str, str], ...]
    training: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    threshold: float | None


@dataclass(frozen=True)
class FindingRow:
    """How often statements about one finding agreed with the reference."""

    name: str
    stated: int
    agreed: int


@dataclass(frozen=True)
class RunView:
    run: CaseRun
    reasons: tuple[str, ...]
    text: str
    cases: tuple[Mapping[str, Any], ...]
    findings: tuple[FindingRow, ...]
    agreement_percent: float | None
    found_percent: float | None
    covered_percent: float | None
    median_error_mm: float | None
    active: Mapping[str, Any]
    active_name: str


@dataclass(frozen=True)
class Permitted:
    """Which buttons the page offers; the services decide again. ``why_not``: why activation is not possible yet."""

    propose: bool
    decline: bool
    activate: bool
    retire: bool
    test: bool
    why_not: str


@dataclass(frozen=True)
class AlgorithmPage:
    algorithm: Algorithm
    applicability: str
    origin: tuple[tuple[str, str], ...]
    networks: tuple[NetworkRow, ...]
    thresholds: tuple[ThresholdRow, ...]
    runs: tuple[RunView, ...]
    permitted: Permitted


@dataclass(frozen=True)
class AlgorithmRow:
    """One line of the list."""

    algorithm: Algorithm
    newest_run: CaseRun | None


def algorithm_rows(user: User) -> tuple[AlgorithmRow, ...]:
    """All algorithms this user may see: active ones first, then the newest; among them the one that fills reports."""
    known = Algorithm.objects.visible_to(user).select_related("proposed_by", "activated_by")
    runs: dict[Any, CaseRun] = {}
    for run in CaseRun.objects.filter(algorithm__in=known).order_by("created_at").defer("results"):
        runs[run.algorithm_id] = run
    rows = [AlgorithmRow(one, runs.get(one.pk)) for one in known]
    order = [AlgorithmStatus.ACTIVE, AlgorithmStatus.PROPOSED, AlgorithmStatus.REGISTERED, AlgorithmStatus.RETIRED]

    def place(row: AlgorithmRow) -> tuple[int, bool]:
        return order.index(AlgorithmStatus(row.algorithm.status)), not row.algorithm.fills_reports

    return tuple(sorted(rows, key=place))


def algorithm_page(algorithm: Algorithm, user: User) -> AlgorithmPage:
    """Everything the page of one algorithm needs."""
    runs = tuple(run_view(run) for run in algorithm.case_runs.select_related("requested_by")[:SHOWN_RUNS])
    return AlgorithmPage(
        algorithm=algorithm,
        applicability=applicability_text(algorithm.applicability),
        origin=tuple((str(ORIGINS.get(key, key)), str(value)) for key, value in algorithm.origin.items()),
        networks=tuple(_network(name, card) for name, card in algorithm.card.items() if isinstance(card, Mapping)),
        thresholds=_thresholds(algorithm),
        runs=runs,
        permitted=permitted(algorithm, user, is_running=any(one.run.status in ("queued", "running") for one in runs)),
    )


def permitted(algorithm: Algorithm, user: User, *, is_running: bool) -> Permitted:
    status = AlgorithmStatus(algorithm.status)
    proposed = status is AlgorithmStatus.PROPOSED
    why_not = ""
    if proposed and may(user, Act.ALGORITHM_ACTIVATE):
        why_not = why_not_second(algorithm, user)
        if not why_not and passed_run(algorithm) is None:
            why_not = str(_("It has not passed the frozen cases since it was proposed"))
    return Permitted(
        propose=status in (AlgorithmStatus.REGISTERED, AlgorithmStatus.RETIRED) and may(user, Act.ALGORITHM_PROPOSE),
        decline=proposed and may(user, Act.ALGORITHM_STOP),
        activate=proposed and may(user, Act.ALGORITHM_ACTIVATE) and not why_not,
        retire=status is AlgorithmStatus.ACTIVE and may(user, Act.ALGORITHM_STOP),
        test=not is_running and may(user, Act.ALGORITHM_TEST),
        why_not=why_not,
    )


def run_view(run: CaseRun) -> RunView:
    results = run.results
    return RunView(
        run=run,
        reasons=tuple(case_reason_text(str(code)) for code in results.get("reasons", ())),
        text=str(results.get("text", "")),
        cases=tuple(results.get("cases", ())),
        findings=tuple(
            FindingRow(finding_text(name), row["stated"], row["agreed"])
            for name, row in results.get("findings", {}).items()
        ),
        agreement_percent=_percent(results.get("agreement")),
        found_percent=_percent(results.get("found")),
        covered_percent=_percent(results.get("covered")),
        median_error_mm=results.get("median_error_mm"),
        active=_active(results.get("active")),
        active_name=str(results.get("active_algorithm", "")),
    )


def _thresholds(algorithm: Algorithm) -> tuple[ThresholdRow, ...]:
    changes = ThresholdChange.objects.select_related("proposed_by", "activated_by").in_force(algorithm)
    known = [one.value for one in MachineFinding if one.value in algorithm.thresholds or one.value in changes]
    return tuple(
        ThresholdRow(one, finding_text(one), shipped_threshold(algorithm, one), changes.get(one)) for one in known
    )


def _active(found: Mapping[str, Any] | None) -> dict[str, float | None]:
    if not found:
        return {}
    return {"agreement": _percent(found.get("agreement")), "same": _percent(found.get("same"))}


def _network(name: str, card: Mapping[str, Any]) -> NetworkRow:
    figures = card.get("figures") or {}
    return NetworkRow(
        name=str(NETWORKS.get(name) or finding_text(name)),
        version=str(card.get("version", "")),
        trained_on=str(card.get("trained_on", "")),
        phantom_version=str(card.get("phantom_version", "")),
        seeds=tuple((str(key), str(value)) for key, value in (card.get("seeds") or {}).items()),
        training=tuple(_flat(card.get("training") or {})),
        figures=tuple((str(FIGURES.get(key, key)), value) for key, value in _flat(figures)),
        threshold=card.get("threshold"),
    )


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name} ")
        else:
            yield name, f"{value:g}" if isinstance(value, float) else str(value)


def _percent(share: Any) -> float | None:
    return None if share is None else round(100 * float(share), 1)
