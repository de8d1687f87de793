"""Draw a phantom's parameters from a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from inference.phantom.normative import CORD_AP, CORD_RL, SAC_AP, SAC_RL, Norm
from inference.phantom.pathology import Pathology
from inference.phantom.spec import DISCS, FAMILIES, VERTEBRAE, BodySpec, DiscSpec, LookSpec, PhantomSpec, PoseSpec
from inference.phantom.thresholds import POSITIVE_MM
from reporting.vocabulary import MachineFinding, Side, Zone

# Healthy means, C2 … T4: C2 counts from the dens tip.
_BODY_HEIGHT = (38.0, 13.5, 13.2, 13.0, 13.0, 14.2, 16.0, 17.5, 18.3, 19.0)
_BODY_DEPTH = (15.6, 15.8, 15.8, 16.0, 16.6, 16.6, 16.6, 17.0, 18.0, 19.0)
_BODY_WIDTH = (20.0, 22.5, 23.0, 24.0, 25.5, 27.0, 28.5, 27.5, 27.0, 27.0)
_DISC_HEIGHT = (4.8, 5.0, 5.0, 5.0, 5.2, 4.8, 4.4, 4.2, 4.2)
_SPINOUS = (19.0, 15.0, 14.0, 16.0, 20.0, 29.0, 30.0, 30.0, 30.0, 30.0)
_GRADED_BODIES = range(6)  # C2 … C7
_GRADED_DISCS = range(6)  # C2/3 … C7/T1
_POSITIVE_SHARE = 0.4
_LEAST_ROOM_MM = 4.5
_TRIES = 12
_FRACTIONS = {Zone.CENTRAL: (0.0, 0.20), Zone.PARACENTRAL: (0.32, 0.90), Zone.FORAMINAL: (1.06, 1.40)}


def draw_spec(
    seed: int,
    pathologies: Iterable[Pathology] = (),
    *,
    normal: bool = False,
    family: str = "first",
    margin_mm: float | None = 0.5,
) -> PhantomSpec:
    """Draw one phantom; equal arguments give an equal spec.

    With ``pathologies``: exactly those, all else normal. ``normal``: none. Otherwise a random mix for training, with
    roughly as many diseased as healthy values per finding and level. ``margin_mm`` keeps every size that far from its
    threshold; ``None`` draws continuously across it.

    Raises:
        ValueError: unknown family, or ``normal`` together with pathologies.
    """
    wanted = tuple(pathologies)
    if family not in FAMILIES:
        raise ValueError(f"unknown phantom family {family!r}; one of {', '.join(FAMILIES)}")
    if normal and wanted:
        raise ValueError("a normal phantom takes no pathology")
    # One stream each, so that a new surrounding never changes a known seed's findings.
    anatomy, surroundings, disease = (
        np.random.default_rng([seed, FAMILIES.index(family), stream]) for stream in range(3)
    )
    mixed = not normal and not wanted
    spec = _healthy(anatomy, surroundings, seed, family, margin_mm, worn=mixed)
    if mixed:
        return _with_random_mix(spec, disease, margin_mm)
    return _with_pathologies(spec, wanted, disease)


def _healthy(
    rng: np.random.Generator,
    surroundings: np.random.Generator,
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
    sac_z, cord_z = rng.normal(0, 0.85, 2), rng.normal(0, 0.85, 2)
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
        look=_look(surroundings, scale),
        pose=_pose(surroundings),
        margin_mm=margin_mm,
    )


def _levels(rng: np.random.Generator, norm: Norm, z: float) -> tuple[float, ...]:
    z = float(np.clip(z, -1.9, 1.9))
    return tuple(float(mean + norm.sd_mm * (z + rng.normal(0, 0.2))) for mean in norm.mean_mm)


def _look(rng: np.random.Generator, scale: float) -> LookSpec:
    return LookSpec(
        neck_half_width_mm=float(rng.uniform(50, 78) * scale),
        neck_anterior_mm=float(rng.uniform(52, 85) * scale),
        neck_posterior_mm=float(rng.uniform(48, 80) * scale),
        fat_mm=float(rng.uniform(3, 16)),
        septa=float(rng.uniform(0.02, 0.09)),
        noise_scale_mm=float(rng.uniform(5, 13)),
        airway_half_ap_mm=float(rng.uniform(2.5, 8.5)),
        airway_half_width_mm=float(rng.uniform(5, 14)),
        prevertebral_mm=float(rng.uniform(3, 6.5)),
        artery_mm=float(rng.uniform(2.6, 4.0)),
        vein_mm=float(rng.uniform(3.0, 7.5)),
        junk_count=int(rng.integers(0, 40)),
        body_exponent=float(rng.uniform(2.3, 4.5)),
        uncus_mm=float(rng.uniform(1.0, 4.5)),
        endplate_concavity_mm=float(rng.uniform(0.0, 1.6)),
        waist=float(rng.uniform(0.0, 0.10)),
        cortical_mm=float(rng.uniform(0.5, 1.1)),
        facet_mm=float(rng.uniform(0.8, 1.8)),
        epidural_fat_mm=float(rng.uniform(0.2, 1.6)),
        csf_flow=float(rng.uniform(0, 1)),
        symmetric=bool(rng.random() < 0.6),
        layer_waves=float(rng.uniform(0.3, 2.0)),
        layer_mix=float(rng.choice([0.0, 1.0, rng.uniform(0, 1)], p=[0.2, 0.5, 0.3])),
        endplate_tilt=float(rng.uniform(-0.04, 0.14)),
    )


def _pose(rng: np.random.Generator) -> PoseSpec:
    return PoseSpec(
        pitch_deg=float(rng.normal(0, 5)),
        yaw_deg=float(rng.normal(0, 4)),
        roll_deg=float(rng.normal(0, 4)),
        shift_mm=(float(rng.normal(0, 8)), float(rng.normal(0, 12)), float(rng.normal(0, 15))),
    )


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


def _with_random_mix(spec: PhantomSpec, rng: np.random.Generator, margin_mm: float | None) -> PhantomSpec:
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
    front = max(disc.bulge_mm, lip_mm, central) + disc.pll_mm - 1.3
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
    zone = list(_FRACTIONS)[int(rng.choice(3, p=[0.35, 0.45, 0.20]))]
    low, high = _FRACTIONS[zone]
    fraction = float(rng.uniform(low, high) * rng.choice([-1, 1]))
    if sizes.margin is None:
        fraction = float(rng.uniform(-1.4, 1.4))
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


def _with_pathologies(spec: PhantomSpec, wanted: tuple[Pathology, ...], rng: np.random.Generator) -> PhantomSpec:
    bodies = {body.name: body for body in spec.bodies}
    discs = {disc.name: disc for disc in spec.discs}
    for item in wanted:
        if item.level in bodies:
            bodies[item.level] = _changed_body(bodies[item.level], item)
        else:
            discs[item.level] = _changed_disc(discs[item.level], item, rng)
    return replace(spec, bodies=tuple(bodies.values()), discs=tuple(discs.values()))


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
    low, high = _FRACTIONS[item.zone]
    fraction = float(rng.uniform(low, high))
    if item.side in (None, Side.MIDLINE):
        fraction = float(rng.uniform(-0.08, 0.08))
    elif item.side is Side.RIGHT:
        fraction = -fraction
    return replace(
        disc, herniation_mm=size, herniation_fraction=fraction, degeneration=float(max(disc.degeneration, 0.65))
    )
