"""The frozen cases: what an algorithm must still get right before it may be activated.

A few phantom studies, drawn when needed from fixed seeds that no training uses, and where a site has configured one, a
folder of its own studies with stored reference results. They guard against a broken or exchanged file, not more: how
good an algorithm is, ``manage.py evaluate`` says.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inference.content_digest import folder_sha256
from inference.frozen_case_set import PHANTOMS, TOLERANCES, PhantomCase
from inference.phantom import PHANTOM_VERSION, Pathology, write_study
from reporting.vocabulary import MODELLED_DISCS, REPORTED_VERTEBRAE

REFERENCE_FILE = "reference.json"

Analyse = Callable[[Sequence[Path]], Mapping[str, Any]]
"""The files of one study → the analysis JSON (docs/analysis_schema.md), of which ``predictions`` is read; it raises
``CaseFailed`` where there is none."""
Place = tuple[str, str, str]
Statement = tuple[bool, float | None]
Said = dict[tuple[str, Place], Statement]


class CaseFailed(Exception):
    """The algorithm gave no result for a case; ``reason`` is a code or the kind of the fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CasesUnreadable(Exception):
    """The site's own cases cannot be used; the message names the folder's number and what is wrong."""


_LEVELS = frozenset(level.value for level in (*REPORTED_VERTEBRAE, *MODELLED_DISCS))


@dataclass(frozen=True)
class Case:
    """One study on disk and what is true of it."""

    name: str
    paths: tuple[Path, ...]
    expected: Mapping[Place, Statement]


@dataclass(frozen=True)
class CaseResults:
    """Plain data about the run, and whether it passed."""

    data: dict[str, Any]
    passed: bool


def set_digest(folder: Path | None = None) -> str:
    """SHA-256 that names exactly these cases and tolerances, the site's own files included."""
    definition = {
        "phantom_version": PHANTOM_VERSION,
        "phantoms": [asdict(case) for case in PHANTOMS],
        "tolerances": asdict(TOLERANCES),
        "local": [folder_sha256(study) for study in _local_studies(folder)],
    }
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()


def run_cases(
    analyse: Analyse,
    *,
    folder: Path | None = None,
    states_everything: bool = True,
    active: Analyse | Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda _line: None,
) -> CaseResults:
    """Run an algorithm on every case and compare it with the ``active`` one, where there is another.

    ``active``: the data of an earlier run on the same cases, or the algorithm itself where there was none.

    ``states_everything``: it speaks to every place (ours does); else what it says counts and silence does not. A case
    that cannot be analysed fails the run and is named; the others are still run.

    Raises:
        CasesUnreadable: the site's own cases cannot be used.
    """
    rows: list[dict[str, Any]] = []
    said: Said = {}
    said_by_active: Said = {}
    expected: Said = {}
    for case in _cases(folder):
        with case as one:
            row, statements = _run(analyse, one)
            progress(f"{one.name}: {row['agreed']} of {row['stated']} agree with the truth {row['problem']}".strip())
            rows.append(row)
            said |= {(one.name, place): statement for place, statement in statements.items()}
            expected |= {(one.name, place): statement for place, statement in one.expected.items()}
            if callable(active):
                _row, statements = _run(active, one)
                said_by_active |= {(one.name, place): statement for place, statement in statements.items()}
    if isinstance(active, Mapping):
        said_by_active = _stored(active)
    data = _figures(said, expected) | {"cases": rows, "said": _storable(said)}
    if active is not None:
        data["active"] = _figures(said_by_active, expected)
        both = said.keys() & said_by_active.keys()
        data["active"]["same"] = _share(sum(said[key][0] == said_by_active[key][0] for key in both), len(both))
    data["reasons"] = _reasons(data, states_everything=states_everything)
    data["tolerances"] = asdict(TOLERANCES)
    return CaseResults(data, passed=not data["reasons"])


def _run(analyse: Analyse, case: Case) -> tuple[dict[str, Any], dict[Place, Statement]]:
    began = time.perf_counter()
    statements: dict[Place, Statement] = {}
    problem = ""
    try:
        statements = _statements(analyse(case.paths)["predictions"])
    except CaseFailed as error:
        problem = error.reason
    except (KeyError, TypeError, ValueError) as error:
        problem = f"not a list of statements ({type(error).__name__})"
    known = statements.keys() & case.expected.keys()
    row = {
        "name": case.name,
        "problem": problem,
        "expected": len(case.expected),
        "stated": len(known),
        "agreed": sum(statements[place][0] == case.expected[place][0] for place in known),
        "seconds": round(time.perf_counter() - began, 1),
    }
    return row, statements


def _statements(entries: Any) -> dict[Place, Statement]:
    return {
        (str(one["finding"]), str(one["level"]), str(one.get("side") or "")): (bool(one["positive"]), one.get("mm"))
        for one in entries
    }


def _storable(said: Said) -> list[list[Any]]:
    return [[case, *place, *statement] for (case, place), statement in sorted(said.items())]


def _stored(data: Mapping[str, Any]) -> Said:
    return {(case, (finding, level, side)): (positive, mm) for case, finding, level, side, positive, mm in data["said"]}


def _figures(said: Said, expected: Said) -> dict[str, Any]:
    both = said.keys() & expected.keys()
    findings: dict[str, dict[str, Any]] = {}
    for key in both:
        row = findings.setdefault(key[1][0], {"stated": 0, "agreed": 0})
        row["stated"] += 1
        row["agreed"] += said[key][0] == expected[key][0]
    errors = [
        abs(abs(said[key][1] or 0.0) - abs(expected[key][1] or 0.0))
        for key in both
        if said[key][0] and expected[key][0] and said[key][1] is not None
    ]
    agreed = sum(row["agreed"] for row in findings.values())
    positives = [key for key in both if expected[key][0]]
    return {
        "agreement": _share(agreed, len(both)),
        "found": _share(sum(said[key][0] for key in positives), len(positives)) if positives else None,
        "covered": _share(len(both), len(expected)),
        "findings": dict(sorted(findings.items())),
        "median_error_mm": round(statistics.median(errors), 2) if errors else None,
    }


def _reasons(data: Mapping[str, Any], *, states_everything: bool) -> list[str]:
    reasons = []
    if any(row["problem"] for row in data["cases"]):
        reasons.append("case_failed")
    if not data["findings"]:
        return [*reasons, "nothing_stated"]
    if data["agreement"] < TOLERANCES.agreement:
        reasons.append("too_few_agree")
    per_finding = [row["agreed"] / row["stated"] for row in data["findings"].values()]
    if min(per_finding) < TOLERANCES.agreement_per_finding:
        reasons.append("finding_disagrees")
    if data["found"] is not None and data["found"] < TOLERANCES.found:
        reasons.append("positives_missed")
    if states_everything and data["covered"] < TOLERANCES.covered:
        reasons.append("places_missing")
    if states_everything and data["agreement"] < data.get("active", {}).get("agreement", 0) - TOLERANCES.below_active:
        reasons.append("worse_than_active")
    return reasons


def _cases(folder: Path | None) -> Iterator[Any]:
    for phantom in PHANTOMS:
        yield _drawn(phantom)
    for number, study in enumerate(_local_studies(folder), start=1):
        yield _read(study, number)


@contextmanager
def _drawn(phantom: PhantomCase) -> Iterator[Case]:
    with tempfile.TemporaryDirectory(prefix="frozen-case-") as place:
        asked = [Pathology.parse(text) for text in phantom.pathologies]
        truth = write_study(place, phantom.seed, asked, phantom.vendor, normal=not asked)
        yield Case(phantom.name, _files(Path(place)), _expected(truth["findings"]))


@contextmanager
def _read(study: Path, number: int) -> Iterator[Case]:
    # Not the folder's name: people name folders after patients.
    try:
        entries = json.loads((study / REFERENCE_FILE).read_text(encoding="utf-8"))["findings"]
        expected = _expected(entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CasesUnreadable(f"case {number}: {REFERENCE_FILE} cannot be read ({type(error).__name__})") from error
    yield Case(f"local {number}", _files(study), expected)


def _expected(entries: Any) -> dict[Place, Statement]:
    return {place: statement for place, statement in _statements(entries).items() if place[1] in _LEVELS}


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"))


def _local_studies(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if not folder.is_dir():
        raise CasesUnreadable("the folder of the site's own cases is not there")
    return sorted(path for path in folder.iterdir() if path.is_dir())


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
