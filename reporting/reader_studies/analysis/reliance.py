"""What the algorithm did to the readers: 2 × 2 × 2 of algorithm, unaided and aided call, right or wrong each.

Automation bias is a right call given up for a wrong one of the algorithm; the benefit is the opposite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reporting.reader_studies.analysis.reads import Units
from reporting.reader_studies.words import ArmKind
from reporting.statistics.arrays import sums_by
from reporting.statistics.clusters import share_estimate

# name: the algorithm was right, the unaided call was right, the aided call is right
SHARES = {
    "misled": (False, True, False),
    "put_right": (True, False, True),
    "lost": (True, True, False),
    "resisted_found": (False, False, True),
}


def reliance(units: Units, arms: tuple[str, ...], patients: int) -> dict[str, Any]:
    """For each aided arm: counts over readers and places, and shares of what could have changed (patients random)."""
    found: dict[str, Any] = {}
    if ArmKind.UNAIDED not in arms:
        return found
    alone = units.calls[arms.index(ArmKind.UNAIDED)]
    for n, arm in enumerate(arms):
        if arm == ArmKind.UNAIDED:
            continue
        aided = units.calls[n]
        known = ~np.isnan(alone) & ~np.isnan(aided) & ~np.isnan(units.machine_calls)[None]
        if not known.any():
            continue
        truth = np.broadcast_to(units.truth, alone.shape)[known]
        owner = np.broadcast_to(units.patient, alone.shape)[known]
        machine = np.broadcast_to(units.machine_calls > 0, alone.shape)[known] == truth
        before, after = (alone[known] > 0) == truth, (aided[known] > 0) == truth
        place = machine * 4 + before * 2 + after * 1
        counts = np.bincount(place, minlength=8)
        shares = {}
        for name, (by_machine, by_alone, by_aided) in SHARES.items():
            among = (machine == by_machine) & (before == by_alone)
            hits = among & (after == by_aided)
            sums = sums_by(owner[hits], patients), sums_by(owner[among], patients)
            shares[name] = share_estimate(*sums, of="places").as_json() | {
                "of": int(among.sum()),
                "hits": int(hits.sum()),
            }
        found[arm] = {"counts": [int(number) for number in counts], "shares": shares}
    return found
