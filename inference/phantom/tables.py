"""Everything the renderer looks up, as numpy tables over arc length and per vertebra."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from inference.normative import NORMATIVE_LEVELS
from inference.phantom.centreline import Centreline, Spans, centreline, frame_map, pose_matrix, spans
from inference.phantom.columns import BodyCol, Col, Param
from inference.phantom.spec import VERTEBRAE, DiscSpec, PhantomSpec
from inference.phantom.surroundings import lumps, noise_cube, surroundings
from inference.phantom.tissues import Tissue

Floats = NDArray[np.float64]
EPIDURAL_GAP_MM = 0.35
CORD_MARGIN_MM = 0.35
LF_BASE_MM = 1.3
_FORAMEN_MM = -1.5  # how far in front of the posterior wall a herniation beside the disc begins


@dataclass(frozen=True)
class Tables:
    """Input of the kernel, with the geometry it came from."""

    line: Centreline
    span: Spans
    pose: Floats
    rows: NDArray[np.float32]
    bodies: NDArray[np.float32]
    params: NDArray[np.float32]
    frame: NDArray[np.float32]
    noise: NDArray[np.float32]
    junk: NDArray[np.float32]
    junk_rows: NDArray[np.int16]


def build_tables(spec: PhantomSpec) -> Tables:
    """Compute every table of a spec; pure, same spec → same tables."""
    line, span = centreline(spec), spans(spec)
    rng = np.random.default_rng([spec.seed, 77])
    rows = np.zeros((len(line.s), len(Col)))
    rows[:, Col.LATERAL] = line.x
    rows[:, Col.VERTEBRA] = np.digitize(line.s, span.disc)
    offsets = body_offsets(spec)
    _discs_and_ligaments(rows, spec, line, span, offsets)
    _canal(rows, spec, line, span)
    surroundings(rows, spec, line, span, rng)
    junk, junk_rows = lumps(spec, line, rng)
    return Tables(
        line=line,
        span=span,
        pose=pose_matrix(spec),
        rows=np.ascontiguousarray(rows, dtype=np.float32),
        bodies=_bodies(spec, span, offsets),
        params=_params(spec),
        frame=frame_map(line),
        noise=noise_cube(rng),
        junk=junk,
        junk_rows=junk_rows,
    )


def body_offsets(spec: PhantomSpec) -> Floats:
    """p of each body's posterior wall: a slip carries every vertebra above with it. C5 stays on the curve."""
    slips = np.array([body.slip_mm for body in spec.bodies])
    forward = np.cumsum(slips[::-1])[::-1]
    offsets: Floats = forward[VERTEBRAE.index("C5")] - forward
    return offsets


def _plateau(s: Floats, centre: float, half: float, power: int = 4) -> Floats:
    """1 near the centre, 0 beyond: flat-topped, e^-1 at ``half``."""
    result: Floats = np.exp(-(((s - centre) / half) ** power))
    return result


def _step_between(s: Floats, values: Floats, span: Spans) -> Floats:
    """Constant over each body, a smooth ramp over each disc."""
    result = np.full_like(s, values[0])
    for index in range(len(values) - 1):
        low, high = span.bottom[index] - 1.0, span.top[index + 1] + 1.0
        t = np.clip((s - low) / (high - low), 0, 1)
        result += (values[index + 1] - values[index]) * t * t * (3 - 2 * t)
    return result


def _discs_and_ligaments(rows: Floats, spec: PhantomSpec, line: Centreline, span: Spans, offsets: Floats) -> None:
    s = line.s
    rows[:, Col.OFFSET] = _step_between(s, offsets, span)
    usual_pll = np.median([disc.pll_mm for disc in spec.discs])
    usual_pll = min(float(usual_pll), 1.3)
    rows[:, Col.PLL] = usual_pll
    rows[:, Col.PLL_HALF_WIDTH] = 5.0
    lf = {Col.LF_LEFT: np.full_like(s, LF_BASE_MM * 0.7), Col.LF_RIGHT: np.full_like(s, LF_BASE_MM * 0.7)}
    for index, disc in enumerate(spec.discs):
        centre, half = span.disc[index], disc.height_mm / 2
        rows[:, Col.BULGE] += disc.bulge_mm * _plateau(s, centre, half + 1.0)
        reach = 9.0 if disc.pll_ossified else 7.0
        rows[:, Col.PLL] += (disc.pll_mm - usual_pll) * _plateau(s, centre, reach)
        rows[:, Col.PLL_HALF_WIDTH] += 3.0 * _plateau(s, centre, 6.0)
        if disc.pll_ossified:
            rows[np.abs(s - centre) < 7.5, Col.PLL_OSSIFIED] = 1
        lf[Col.LF_LEFT] += (disc.lf_left_mm - LF_BASE_MM * 0.7) * _plateau(s, centre, 8.0)
        lf[Col.LF_RIGHT] += (disc.lf_right_mm - LF_BASE_MM * 0.7) * _plateau(s, centre, 8.0)
        if disc.cord_signal:
            rows[np.abs(s - centre) < 7, Col.CORD_LESION] = 1
    for column, values in lf.items():
        rows[:, column] = values
    _lips(rows, spec, s, span)
    for index, disc in enumerate(spec.discs):
        if disc.herniation_mm > 0:
            _herniation(rows, spec, index, s, float(span.disc[index]))


def _herniation(rows: Floats, spec: PhantomSpec, index: int, s: Floats, centre: float) -> None:
    disc, upper, lower = spec.discs[index], spec.bodies[index], spec.bodies[index + 1]
    half_s = disc.height_mm / 2 + 2.0 + 0.25 * disc.herniation_mm
    t = (s - centre - np.clip(disc.herniation_migration_mm, -0.35 * half_s, 0.35 * half_s)) / half_s
    inside = np.abs(t) < 1
    swell = np.sqrt(1 - t[inside] ** 2) if spec.family == "first" else np.cos(np.pi * t[inside] / 2)
    # The apex keeps its full height through the disc's middle.
    swell = np.minimum(1.0, 1.12 * swell)
    x = disc.herniation_fraction * half_sac_width(spec, index)
    rows[inside, Col.HERNIA] = disc.herniation_mm * swell
    rows[inside, Col.HERNIA_X] = x
    rows[inside, Col.HERNIA_HALF_WIDTH] = disc.herniation_half_width_mm * (0.6 + 0.4 * swell)
    half_width, depth = (upper.width_mm + lower.width_mm) / 4, (upper.depth_mm + lower.depth_mm) / 2
    # The outline of kernel_column at the back of the disc.
    second = spec.family == "second"
    exponent = 5.0 if second else spec.look.body_exponent
    u = min(abs(x) / half_width * (1.0 - 0.5 * (spec.bone.wedge + 0.10 * second)), 1.0)
    contour = -depth / 2 + depth / 2 * (1 - u**exponent) ** (1 / exponent)
    contour += spec.bone.kidney_mm * min(1.0, max(0.0, u - 0.12) / 0.35)
    # Its height is counted over the contour: over the bulge or the lip it stands on, not within them. Beside the disc
    # it lies in the foramen, behind the uncinate process, not in front of it where the vertebral artery runs.
    grown = np.maximum(rows[inside, Col.BULGE], rows[inside, Col.LIP_POSTERIOR]) * (1.0 - 0.35 * u * u)
    rows[inside, Col.HERNIA_BASE] = max(contour, _FORAMEN_MM) + grown


def half_sac_width(spec: PhantomSpec, disc_index: int) -> float:
    """Half the healthy sac's width at a disc, mm: the unit of ``herniation_fraction`` (see inference.zones)."""
    upper = NORMATIVE_LEVELS.index(VERTEBRAE[disc_index])
    lower = min(upper + 1, len(NORMATIVE_LEVELS) - 1)
    return (spec.sac_rl_mm[upper] + spec.sac_rl_mm[lower]) / 4


def _lips(rows: Floats, spec: PhantomSpec, s: Floats, span: Spans) -> None:
    for index, body in enumerate(spec.bodies):
        corners = (
            (Col.LIP_ANTERIOR, body.lip_anterior_upper_mm, span.top[index] + 0.6),
            (Col.LIP_ANTERIOR, body.lip_anterior_lower_mm, span.bottom[index] - 0.6),
            (Col.LIP_POSTERIOR, body.lip_posterior_upper_mm, span.top[index] + 0.6),
            (Col.LIP_POSTERIOR, body.lip_posterior_lower_mm, span.bottom[index] - 0.6),
        )
        for column, size, at in corners:
            if size > 0:
                away = np.abs(s - at) / (1.6 + 0.35 * size)
                # First family: rounded lips; second: beaks.
                shape = size * (np.exp(-(away**1.7)) if spec.family == "first" else np.clip(1 - 0.6 * away, 0, 1))
                rows[:, column] = np.maximum(rows[:, column], shape)


def _canal(rows: Floats, spec: PhantomSpec, line: Centreline, span: Spans) -> None:
    s = line.s
    middles = (span.top + span.bottom) / 2
    stations = np.concatenate([[4.0, span.top[0] + 27.0], middles[1:9]])
    for column, values in (
        (Col.SAC_HALF_AP, spec.sac_ap_mm),
        (Col.SAC_HALF_RL, spec.sac_rl_mm),
        (Col.CORD_HALF_AP, spec.cord_ap_mm),
        (Col.CORD_HALF_RL, spec.cord_rl_mm),
    ):
        rows[:, column] = np.interp(s, stations, np.array(values) / 2)
    # Above the foramen magnum the sac opens into the cisterns and the cord swells to medulla and pons.
    above = np.clip((-8.0 - s) / 30.0, 0, 1)
    rows[:, Col.CORD_HALF_AP] += 9.0 * above**1.5
    rows[:, Col.CORD_HALF_RL] += 10.0 * above**1.5
    rows[:, Col.SAC_HALF_AP] += 12.0 * above
    rows[:, Col.SAC_HALF_RL] += 14.0 * above
    usual_pll = float(np.min(rows[:, Col.PLL]))
    healthy_front = rows[:, Col.OFFSET] + usual_pll + EPIDURAL_GAP_MM
    rows[:, Col.SAC_P] = healthy_front + rows[:, Col.SAC_HALF_AP]
    rows[:, Col.WALL] = EPIDURAL_GAP_MM + LF_BASE_MM
    _squeeze_cord(rows, spec)
    rows[:, Col.CSF_FLOW] = spec.look.csf_flow


def _squeeze_cord(rows: Floats, spec: PhantomSpec) -> None:
    """Where less room is left than the cord needs it moves back, flattens and widens."""
    hernia_near_cord = np.abs(rows[:, Col.HERNIA_X]) < rows[:, Col.CORD_HALF_RL] * 0.8
    hernia = np.where(hernia_near_cord, rows[:, Col.HERNIA] + rows[:, Col.HERNIA_BASE], 0.0)
    intrusion = np.maximum.reduce([rows[:, Col.BULGE], rows[:, Col.LIP_POSTERIOR], hernia])
    front = rows[:, Col.OFFSET] + intrusion + rows[:, Col.PLL] + EPIDURAL_GAP_MM
    front = np.maximum(front, rows[:, Col.SAC_P] - rows[:, Col.SAC_HALF_AP])
    back = rows[:, Col.SAC_P] + rows[:, Col.SAC_HALF_AP]
    # The ligamenta flava reach the cord beside the midline; a little of their growth counts there.
    lf = np.maximum(rows[:, Col.LF_LEFT], rows[:, Col.LF_RIGHT]) - LF_BASE_MM
    back = back - np.clip(lf - 0.6, 0, 3) * 0.8
    room = np.maximum(back - front - 2 * CORD_MARGIN_MM, 2.4)
    healthy = rows[:, Col.CORD_HALF_AP].copy()
    half = np.minimum(healthy, room / 2)
    rows[:, Col.CORD_HALF_RL] *= np.clip((healthy / half) ** 0.45, 1.0, 1.3)
    rows[:, Col.CORD_HALF_AP] = half
    # In a lordotic neck the cord lies somewhat toward the front or back; the draw decides which.
    lean = (np.random.default_rng([spec.seed, 5]).uniform(-0.35, 0.35)) * (back - front - 2 * half)
    low, high = front + half + CORD_MARGIN_MM, back - half - CORD_MARGIN_MM
    wanted = (front + back) / 2 + lean
    smooth = np.convolve(np.pad(wanted, 12, mode="edge"), np.ones(25) / 25, mode="valid")
    rows[:, Col.CORD_P] = np.where(high > low, np.clip(smooth, low, high), (low + high) / 2)


def _bodies(spec: PhantomSpec, span: Spans, offsets: Floats) -> NDArray[np.float32]:
    nuclei = (
        Tissue.DISC_NUCLEUS_HEALTHY,
        Tissue.DISC_NUCLEUS_MILD,
        Tissue.DISC_NUCLEUS_MODERATE,
        Tissue.DISC_NUCLEUS_BLACK,
    )
    result = np.zeros((len(spec.bodies), len(BodyCol)), dtype=np.float32)
    for index, body in enumerate(spec.bodies):
        below = spec.discs[min(index, len(spec.discs) - 1)]
        result[index] = (
            span.top[index],
            span.bottom[index],
            body.width_mm / 2,
            body.depth_mm,
            offsets[index],
            nuclei[min(3, int(below.degeneration * 4))],
            body.modic_upper,
            body.modic_lower,
            body.haemangioma_radius_mm,
            body.spinous_length_mm,
            _fusion_code(below) if index < len(spec.discs) else 0,
            below.hardware and index < len(spec.discs),
            below.metal_bloom_mm,
        )
    return result


def _fusion_code(disc: DiscSpec) -> int:
    if not disc.fusion:
        return 0
    return 3 if disc.hardware else 1 + disc.rudimentary_disc


def _params(spec: PhantomSpec) -> NDArray[np.float32]:
    look = spec.look
    values = {
        Param.EXPONENT: look.body_exponent,
        Param.UNCUS: look.uncus_mm,
        Param.CONCAVITY: look.endplate_concavity_mm,
        Param.WAIST: look.waist,
        Param.CORTICAL: look.cortical_mm,
        Param.FACET: look.facet_mm,
        Param.SEPTA: look.septa,
        Param.NOISE_SCALE: look.noise_scale_mm,
        Param.ARTERY: look.artery_mm,
        Param.VEIN: look.vein_mm,
        Param.PREVERTEBRAL: look.prevertebral_mm,
        Param.SECOND_FAMILY: float(spec.family == "second"),
        Param.EPIDURAL_FAT: look.epidural_fat_mm,
        Param.SYMMETRIC: float(look.symmetric),
        Param.LAYERS: look.layer_waves,
        Param.LAYER_MIX: look.layer_mix,
        Param.ENDPLATE_TILT: look.endplate_tilt,
        Param.HARDWARE: float(any(disc.hardware for disc in spec.discs)),
    }
    values |= {Param[field.name.upper()]: getattr(spec.bone, field.name) for field in fields(spec.bone)}
    return np.array([values[param] for param in Param], dtype=np.float32)
