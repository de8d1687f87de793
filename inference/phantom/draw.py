"""Draw a phantom's parameters from a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from inference.normative import CORD_AP, CORD_RL, SAC_AP, SAC_RL, Norm
from inference.phantom.draw_fusion import fused, perhaps_fused
from inference.phantom.draw_looks import draw_bone, draw_look, draw_pose
from inference.phantom.draw_mix import FRACTIONS, with_random_mix
from inference.phantom.pathology import FUSING_KINDS, Pathology
from inference.phantom.spec import (
    DISCS,
    FAMILIES,
    VERTEBRAE,
    BodySpec,
    DiscSpec,
    PhantomSpec,
)
from reporting.vocabulary import Side

# Healthy means, C2 … T4: C2 counts from the dens tip.
_BODY_HEIGHT = (38.0, 13.5, 13.2, 13.0, 13.0, 14.2, 16.0, 17.5, 18.3, 19.0)
_BODY_DEPTH = (15.6, 15.8, 15.8, 16.0, 16.6, 16.6, 16.6, 17.0, 18.0, 19.0)
_BODY_WIDTH = (20.0, 22.5, 23.0, 24.0, 25.5, 27.0, 28.5, 27.5, 27.0, 27.0)
_DISC_HEIGHT = (4.8, 5.0, 5.0, 5.0, 5.2, 4.8, 4.4, 4.2, 4.2)
_SPINOUS = (19.0, 15.0, 14.0, 16.0, 20.0, 29.0, 30.0, 30.0, 30.0, 30.0)


def draw_spec(
    seed: int,
    pathologies: Iterable[Pathology] = (),
    *,
    normal: bool = False,
    family: str = "first",
    margin_mm: float | None = 0.5,
    fusions: bool = True,
) -> PhantomSpec:
    """Draw one phantom; equal arguments give an equal spec.

    With ``pathologies``: exactly those, all else normal. ``normal``: none. Otherwise a random mix for training, with
    roughly as many diseased as healthy values per finding and level. ``margin_mm`` keeps every size that far from its
    threshold; ``None`` draws continuously across it. ``fusions``: a few random mixes hold a fused level.

    Raises:
        ValueError: unknown family, ``normal`` together with pathologies, or pathologies that exclude each other.
    """
    wanted = tuple(pathologies)
    Pathology.check_together(wanted)
    if family not in FAMILIES:
        raise ValueError(f"unknown phantom family {family!r}; one of {', '.join(FAMILIES)}")
    if normal and wanted:
        raise ValueError("a normal phantom takes no pathology")
    # One stream each, so that a new surrounding never changes a known seed's findings.
    anatomy, surroundings, disease, bones = (
        np.random.default_rng([seed, FAMILIES.index(family), stream]) for stream in range(4)
    )
    mixed = not normal and not wanted
    spec = _healthy(anatomy, surroundings, bones, seed, family, margin_mm, worn=mixed)
    if mixed:
        spec = with_random_mix(spec, disease, margin_mm)
        return perhaps_fused(spec, bones) if fusions else spec
    return _with_pathologies(spec, wanted, disease)


def _healthy(
    rng: np.random.Generator,
    surroundings: np.random.Generator,
    bones: np.random.Generator,
    seed: int,
    family: str,
    margin_mm: float | None,
    *,
    worn: bool,
) -> PhantomSpec:
    sex = str(rng.choice(["F", "M"]))
    scale = float(np.clip(rng.normal(1.03 if sex == "M" else 0.96, 0.045), 0.86, 1.14))
    build = rng.normal(0.0, 1.0, 3)  # common height, depth and width of one person's bones
    bodies = []
    for index, name in enumerate(VERTEBRAE):
        height = _BODY_HEIGHT[index] * scale * (1 + 0.045 * build[0] + rng.normal(0, 0.035))
        low, high = (35.0, 41.0) if name == "C2" else (10.8, 23.0)
        bodies.append(
            BodySpec(
                name=name,
                height_mm=float(np.clip(height, low, high)),
                depth_mm=float(
                    np.clip(_BODY_DEPTH[index] * scale * (1 + 0.05 * build[1] + rng.normal(0, 0.02)), 13, 22)
                ),
                width_mm=float(
                    np.clip(_BODY_WIDTH[index] * scale * (1 + 0.05 * build[2] + rng.normal(0, 0.02)), 16, 32)
                ),
                spinous_length_mm=float(_SPINOUS[index] * scale * rng.uniform(0.8, 1.2)),
            )
        )
    age = int(rng.integers(18, 81))
    wear = rng.uniform(0, 0.5) + (0.4 * (age - 18) / 62 if worn else 0.0)
    discs = []
    for index, name in enumerate(DISCS):
        discs.append(
            DiscSpec(
                name=name,
                height_mm=float(np.clip(_DISC_HEIGHT[index] * scale * (1 + rng.normal(0, 0.12)), 3.2, 7.2)),
                degeneration=float(np.clip(wear + rng.normal(0, 0.15), 0, 1)),
                bulge_mm=float(rng.uniform(0.0, 0.6)),
                pll_mm=float(rng.uniform(1.0, 1.5)),
                lf_left_mm=float(rng.uniform(1.0, 1.5)),
                lf_right_mm=float(rng.uniform(1.0, 1.5)),
                herniation_half_width_mm=float(rng.uniform(3.0, 5.5)),
            )
        )
    sac_z, cord_z = rng.normal(0, 1.0, 2), rng.normal(0, 1.0, 2)
    return PhantomSpec(
        seed=seed,
        family=family,
        sex=sex,
        age_years=age,
        scale=scale,
        lordosis_deg=float(np.clip(rng.normal(16, 14), -15, 45)),
        t1_slope_deg=float(np.clip(rng.normal(22, 7), 4, 40)),
        scoliosis_mm=float(rng.normal(0, 2.0) if rng.random() < 0.8 else rng.normal(0, 6.0)),
        scoliosis_phase=float(rng.uniform(0, 2 * np.pi)),
        sac_ap_mm=_levels(rng, SAC_AP, float(sac_z[0])),
        sac_rl_mm=_levels(rng, SAC_RL, float(0.5 * sac_z[0] + 0.85 * sac_z[1])),
        cord_ap_mm=_levels(rng, CORD_AP, float(cord_z[0])),
        cord_rl_mm=_levels(rng, CORD_RL, float(0.4 * cord_z[0] + 0.9 * cord_z[1])),
        bodies=tuple(bodies),
        discs=tuple(discs),
        look=draw_look(surroundings, scale),
        bone=draw_bone(bones, scale),
        pose=draw_pose(surroundings),
        margin_mm=margin_mm,
    )


def _levels(rng: np.random.Generator, norm: Norm, z: float) -> tuple[float, ...]:
    z = float(np.clip(z, -2.15, 2.15))
    return tuple(float(mean + sd * (z + rng.normal(0, 0.2))) for mean, sd in zip(norm.mean, norm.sd, strict=True))


def _with_pathologies(spec: PhantomSpec, wanted: tuple[Pathology, ...], rng: np.random.Generator) -> PhantomSpec:
    bodies = {body.name: body for body in spec.bodies}
    discs = {disc.name: disc for disc in spec.discs}
    for item in wanted:
        if item.kind in FUSING_KINDS:
            continue
        if item.level in bodies:
            bodies[item.level] = _changed_body(bodies[item.level], item)
        else:
            discs[item.level] = _changed_disc(discs[item.level], item, rng)
    spec = replace(spec, bodies=tuple(bodies.values()), discs=tuple(discs.values()))
    for item in wanted:
        if item.kind in FUSING_KINDS:
            spec = fused(spec, DISCS.index(item.level), rng, hardware=item.kind == "hardware")
    return spec


def _changed_body(body: BodySpec, item: Pathology) -> BodySpec:
    size = item.mm or 0.0
    if item.kind == "slip":
        return replace(body, slip_mm=size if item.direction == "anterior" else -size)
    if item.direction == "anterior":
        return replace(body, lip_anterior_lower_mm=size)
    return replace(body, lip_posterior_lower_mm=size)


def _changed_disc(disc: DiscSpec, item: Pathology, rng: np.random.Generator) -> DiscSpec:
    size = item.mm or 0.0
    if item.kind == "bulge":
        return replace(disc, bulge_mm=size, degeneration=max(disc.degeneration, 0.6))
    if item.kind == "pll":
        return replace(disc, pll_mm=size, pll_ossified=size >= 4.5)
    if item.kind == "lf":
        left = disc.lf_left_mm if item.side is Side.RIGHT else size
        right = disc.lf_right_mm if item.side is Side.LEFT else size
        return replace(disc, lf_left_mm=left, lf_right_mm=right)
    if item.kind == "cord_signal":
        return replace(disc, cord_signal=True)
    assert item.zone is not None
    low, high = FRACTIONS[item.zone]
    fraction = float(rng.uniform(low, high))
    if item.side in (None, Side.MIDLINE):
        fraction = float(rng.uniform(-0.08, 0.08))
    elif item.side is Side.RIGHT:
        fraction = -fraction
    return replace(
        disc, herniation_mm=size, herniation_fraction=fraction, degeneration=float(max(disc.degeneration, 0.65))
    )
