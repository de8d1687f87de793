"""A random mix of findings, about as many diseased as healthy values per finding and level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inference.phantom.spec import BodySpec, DiscSpec, PhantomSpec
from inference.phantom.thresholds import POSITIVE_MM
from reporting.vocabulary import MachineFinding, Zone

_GRADED_BODIES = range(6)  # C2 … C7
_GRADED_DISCS = range(6)  # C2/3 … C7/T1
_POSITIVE_SHARE = 0.4
_LEAST_ROOM_MM = 4.5
_TRIES = 12
FRACTIONS = {Zone.CENTRAL: (0.0, 0.20), Zone.PARACENTRAL: (0.32, 0.90), Zone.FORAMINAL: (1.05, 1.28)}


class _Sizes:
    """Sizes on either side of a finding's threshold."""

    def __init__(self, rng: np.random.Generator, margin_mm: float | None) -> None:
        self.rng = rng
        self.margin = margin_mm

    def draw(self, finding: MachineFinding, low: float, high: float, share: float = _POSITIVE_SHARE) -> float:
        limit = POSITIVE_MM[finding]
        margin = 0.0 if self.margin is None else self.margin
        if self.rng.random() < share:
            # Squaring favours the smaller, harder ones.
            return float(limit + max(margin, 1e-3) + (high - limit - margin) * self.rng.random() ** 1.6)
        return float(self.rng.uniform(low, max(low, limit - max(margin, 1e-3))))


def with_random_mix(spec: PhantomSpec, rng: np.random.Generator, margin_mm: float | None) -> PhantomSpec:
    sizes = _Sizes(rng, margin_mm)
    severity = rng.uniform(0.35, 1.55)  # some people have little, some have much
    share = float(np.clip(_POSITIVE_SHARE * severity, 0.05, 0.62))
    bodies, discs = list(spec.bodies), list(spec.discs)
    for index in _GRADED_BODIES:
        bodies[index] = _worn_body(bodies[index], sizes, share)
    tightness = float(rng.uniform(-1.8, 0.0)) if rng.random() < 0.4 else 0.0
    sac = tuple(max(8.5, value + tightness) for value in spec.sac_ap_mm)
    for index in _GRADED_DISCS:
        lip = max(bodies[index].lip_posterior_lower_mm, bodies[index + 1].lip_posterior_upper_mm)
        for _ in range(_TRIES):
            disc = _worn_disc(discs[index], sizes, share)
            if _room_mm(disc, sac[index + 1], lip) > _LEAST_ROOM_MM:
                discs[index] = disc
                break
    for index in range(6, len(discs)):
        if rng.random() < 0.3:
            discs[index] = replace(discs[index], bulge_mm=float(rng.uniform(0, 3)), pll_mm=float(rng.uniform(1, 3)))
    return replace(spec, bodies=tuple(bodies), discs=tuple(discs), sac_ap_mm=sac)


def _room_mm(disc: DiscSpec, sac_ap_mm: float, lip_mm: float) -> float:
    """What is left of the sac at the midline once everything has grown into it."""
    central = disc.herniation_mm if abs(disc.herniation_fraction) < 0.9 else 0.0
    front = max(disc.bulge_mm, lip_mm) + central + disc.pll_mm - 1.3
    return sac_ap_mm - front - 0.6 * max(0.0, max(disc.lf_left_mm, disc.lf_right_mm) - 1.5)


def _worn_body(body: BodySpec, sizes: _Sizes, share: float) -> BodySpec:
    rng = sizes.rng
    slip = sizes.draw(MachineFinding.SLIP, 0.0, 7.0, 0.8 * share)
    direction = -1.0 if rng.random() < 0.6 else 1.0
    lip = sizes.draw(MachineFinding.OSTEOPHYTE, 0.0, 5.5, share)
    margin = 0.0 if sizes.margin is None else sizes.margin
    ceiling = POSITIVE_MM[MachineFinding.OSTEOPHYTE] - margin
    corners = [lip * rng.uniform(0.2, 1.0) if rng.random() < 0.45 else rng.uniform(0, 0.3) for _ in range(4)]
    corners = [ceiling * rng.random() if lip < POSITIVE_MM[MachineFinding.OSTEOPHYTE] else value for value in corners]
    corners[int(rng.choice(4, p=[0.25, 0.40, 0.15, 0.20]))] = lip
    if body.name == "C2":  # the upper corners of C2 are the dens
        corners[0], corners[2] = 0.0, 0.0
        corners[1] = lip if corners[3] < lip else corners[1]
    corners[2], corners[3] = min(corners[2], 4.0), min(corners[3], 4.0)
    if max(corners) < lip:
        corners[1] = lip
    return replace(
        body,
        slip_mm=direction * slip,
        lip_anterior_upper_mm=float(corners[0]),
        lip_anterior_lower_mm=float(corners[1]),
        lip_posterior_upper_mm=float(corners[2]),
        lip_posterior_lower_mm=float(corners[3]),
        modic_upper=int(rng.choice([0, 1, 2], p=[0.86, 0.06, 0.08])),
        modic_lower=int(rng.choice([0, 1, 2], p=[0.86, 0.06, 0.08])),
        haemangioma_radius_mm=float(rng.uniform(2, 6)) if rng.random() < 0.05 else 0.0,
    )


def _worn_disc(disc: DiscSpec, sizes: _Sizes, share: float) -> DiscSpec:
    rng = sizes.rng
    worn = rng.random() < 0.55
    hernia = sizes.draw(MachineFinding.HERNIATION, 0.0, 7.0, share)
    zone = list(FRACTIONS)[int(rng.choice(3, p=[0.35, 0.45, 0.20]))]
    low, high = FRACTIONS[zone]
    fraction = float(rng.uniform(low, high) * rng.choice([-1, 1]))
    if sizes.margin is None:
        fraction = float(rng.uniform(-1.28, 1.28))
    pll = max(0.9, sizes.draw(MachineFinding.PLL, 0.9, 4.2, share))
    ossified = pll > POSITIVE_MM[MachineFinding.PLL] and rng.random() < 0.25
    if ossified:
        pll = float(rng.uniform(3.0, 6.0))
    # Both sides share a tendency; either may differ.
    both = rng.random() < share
    lf = [
        max(0.9, sizes.draw(MachineFinding.LF, 0.9, 4.8, share if rng.random() < 0.4 else (0.95 if both else 0.03)))
        for _ in range(2)
    ]
    return replace(
        disc,
        height_mm=float(max(2.2, disc.height_mm * (rng.uniform(0.5, 1.0) if worn else 1.0))),
        degeneration=float(np.clip(disc.degeneration + (rng.uniform(0.1, 0.6) if worn else 0), 0, 1)),
        bulge_mm=float(rng.uniform(0.3, 3.2)) if worn else disc.bulge_mm,
        pll_mm=float(pll),
        pll_ossified=bool(ossified),
        lf_left_mm=float(lf[0]),
        lf_right_mm=float(lf[1]),
        herniation_mm=hernia,
        herniation_fraction=fraction,
        herniation_half_width_mm=float(rng.uniform(2.6, 5.5)),
        herniation_migration_mm=float(rng.normal(0, 1.2)),
        cord_signal=bool(rng.random() < 0.08),
    )
