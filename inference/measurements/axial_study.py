"""Everything measured on the axial slices of one study: at the discs, at mid-body, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from inference.measurements.axial import (
    cord_ap,
    cord_area_mm2,
    cord_rl,
    herniation,
    lf_mm,
    pll_mm,
    sac_ap,
    sac_area_mm2,
    sac_rl,
)
from inference.measurements.axial_slice import AxialSlice
from inference.measurements.span import Span
from inference.normative import CORD_AP, CORD_AREA, CORD_RL, SAC_AP, SAC_AREA, SAC_RL, Norm
from inference.results import Line, Measurement, as_point
from reporting.vocabulary import DiscLevel, Side

MAX_TILT_DEG = 30.0
"""A slice that runs more obliquely through the spine is compared with no norm."""

_DISCS = frozenset(disc.value for disc in DiscLevel)

Measure = Callable[[AxialSlice], Span | float | None]
Sizes = Mapping[str, Span | float | None]


@dataclass(frozen=True)
class AxialView:
    """The slice of one level, and the angle between its normal and the spine."""

    slice: AxialSlice
    tilt_deg: float


@dataclass(frozen=True)
class _Size:
    """One size of cord or sac. An oblique cut is longer front to back: ``tilted`` sizes shrink with the cosine."""

    name: str
    unit: str
    of: Measure
    norm: Norm
    tilted: bool


_SIZES = (
    _Size("sac_ap", "mm", sac_ap, SAC_AP, tilted=True),
    _Size("sac_rl", "mm", sac_rl, SAC_RL, tilted=False),
    _Size("sac_area", "mm2", sac_area_mm2, SAC_AREA, tilted=True),
    _Size("cord_ap", "mm", cord_ap, CORD_AP, tilted=True),
    _Size("cord_rl", "mm", cord_rl, CORD_RL, tilted=False),
    _Size("cord_area", "mm2", cord_area_mm2, CORD_AREA, tilted=True),
)


def measure_axial(views: Mapping[str, AxialView], series_uid: str) -> Iterator[Measurement]:
    """Sizes at every level, ligaments and herniation at the discs, z-scores at mid-body, compression of the discs.

    ``views``: by level name, for the levels that an axial slice passes through.
    """
    sizes = {level: {size.name: size.of(view.slice) for size in _SIZES} for level, view in views.items()}
    for level, view in views.items():
        if level in _DISCS:
            yield from _at_disc(view.slice, level, series_uid)
        yield from _stated(sizes[level], view, level, series_uid)
    yield from _compression(sizes, series_uid)


def _at_disc(view: AxialSlice, level: str, uid: str) -> Iterator[Measurement]:
    thickness = pll_mm(view)
    if thickness is not None:
        yield Measurement("pll", level, round(thickness, 2), "mm", series_uid=uid)
    for side in (Side.LEFT, Side.RIGHT):
        thickness = lf_mm(view, side)
        if thickness is not None:
            yield Measurement("lf", level, round(thickness, 2), "mm", side=side, series_uid=uid)
    found = herniation(view)
    if found is not None:
        yield Measurement("herniation", level, round(found.mm, 2), "mm", series_uid=uid)
        # A ratio of half pixels is often a tie: first without the noise of floats, so that a mirror image rounds alike.
        offset = round(round(found.fraction, 9), 3)
        yield Measurement("herniation_offset", level, offset, "1", series_uid=uid)


def _stated(sizes: Sizes, view: AxialView, level: str, uid: str) -> Iterator[Measurement]:
    """The norms are means over a vertebra's height: they hold at mid-body, not at the discs."""
    compared = level not in _DISCS and view.tilt_deg <= MAX_TILT_DEG
    for size in _SIZES:
        found = sizes[size.name]
        value = _value(found)
        if value is None:
            continue
        line = _line(found, view.slice) if isinstance(found, Span) else None
        yield Measurement(size.name, level, round(value, 2), size.unit, series_uid=uid, line_lps_mm=line)
        square = value * float(np.cos(np.radians(view.tilt_deg))) if size.tilted else value
        z = size.norm.z_score(square, level) if compared else None
        if z is not None:
            yield Measurement(f"{size.name}_z", level, round(z, 2), "1", series_uid=uid)


def _compression(sizes: Mapping[str, Sizes], uid: str) -> Iterator[Measurement]:
    """MSCC: 1 − D / mean(D at mid-body above, D at mid-body below), in percent; once for the cord, once for the sac."""
    for disc in DiscLevel:
        here, above, below = (
            sizes.get(name) for name in (disc.value, disc.upper_vertebra.value, disc.lower_vertebra.value)
        )
        if here is None or above is None or below is None:
            continue
        for name, size in (("mscc_cord", "cord_ap"), ("mscc_sac", "sac_ap")):
            at, over, under = _value(here[size]), _value(above[size]), _value(below[size])
            if at is not None and over is not None and under is not None:
                share = 100.0 * (1.0 - at / float(np.mean([over, under])))
                yield Measurement(name, disc.value, round(share, 1), "%", series_uid=uid)


def _value(found: Span | float | None) -> float | None:
    return found.mm if isinstance(found, Span) else found


def _line(span: Span, view: AxialSlice) -> Line:
    first, second = (as_point(view.to_lps_mm(end)) for end in span.ends)
    return first, second
