"""Levels that are bone: block vertebrae, and necks that were operated on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inference.phantom.spec import BodySpec, PhantomSpec

_GRADED_DISCS = range(6)  # C2/3 … C7/T1


def perhaps_fused(spec: PhantomSpec, rng: np.random.Generator) -> PhantomSpec:
    """Few necks have a block vertebra or were operated on."""
    kind = str(rng.choice(["", "congenital", "hardware"], p=[0.92, 0.05, 0.03]))
    if not kind:
        return spec
    often = [0.35, 0.1, 0.1, 0.2, 0.2, 0.05] if kind == "congenital" else [0.02, 0.08, 0.25, 0.35, 0.25, 0.05]
    index = int(rng.choice(len(_GRADED_DISCS), p=often))
    return fused(spec, index, rng, hardware=kind == "hardware")


def fused(spec: PhantomSpec, index: int, rng: np.random.Generator, *, hardware: bool) -> PhantomSpec:
    """Nothing slips, herniates or grows lips across a level that has become bone."""
    bodies, discs = list(spec.bodies), list(spec.discs)
    discs[index] = replace(
        discs[index],
        height_mm=float(rng.uniform(3.0, 5.5) if hardware else rng.uniform(2.2, 3.6)),
        degeneration=1.0,
        bulge_mm=0.0,
        herniation_mm=0.0,
        fusion="surgical" if hardware else "congenital",
        rudimentary_disc=bool(not hardware and rng.random() < 0.6),
        hardware=hardware,
        metal_bloom_mm=float(rng.uniform(0.6, 4.5)) if hardware else 0.0,
    )
    bodies[index] = replace(_without_lips(bodies[index]), slip_mm=0.0)
    bodies[index + 1] = _without_lips(bodies[index + 1])
    return replace(spec, bodies=tuple(bodies), discs=tuple(discs))


def _without_lips(body: BodySpec) -> BodySpec:
    return replace(
        body,
        lip_anterior_upper_mm=0.0,
        lip_anterior_lower_mm=0.0,
        lip_posterior_upper_mm=0.0,
        lip_posterior_lower_mm=0.0,
    )
