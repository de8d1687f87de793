"""All measurements of one study, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from inference.levels import Levels
from inference.matching import SliceMatch
from inference.measurements.axial import cord_ap_mm, cord_area_mm2, measure_axial, sac_ap_mm
from inference.measurements.axial_slice import AxialSlice, axial_slice
from inference.measurements.sagittal import measure_sagittal
from inference.measurements.signal import cord_signal_ratios
from inference.results import LevelResult, Measurement
from inference.volumes import Volume
from reporting.vocabulary import DiscLevel, LevelKind


def measure(
    levels: Levels,
    *,
    sagittal: Volume,
    signal: Volume | None,
    axial: Sequence[Volume],
    results: Sequence[LevelResult],
    matches: Mapping[str, SliceMatch],
) -> Iterator[Measurement]:
    """``sagittal`` and ``axial`` are label maps; ``signal`` the sagittal T2 itself, on the grid of its label map."""
    yield from measure_sagittal(levels, sagittal.series_uid)
    if signal is not None:
        yield from cord_signal_ratios(signal, sagittal, results)
    views = {name: axial_slice(axial[match.pack], match.k) for name, match in matches.items()}
    uid = axial[0].series_uid if axial else ""
    for level in results:
        view = views.get(level.name)
        if view is None:
            continue
        if level.kind is LevelKind.DISC:
            yield from measure_axial(view, level.name, uid)
        else:
            yield from _at_mid_body(view, level.name, uid)
    yield from _compression(views, uid)


def _at_mid_body(view: AxialSlice, level: str, uid: str) -> Iterator[Measurement]:
    for name, value, unit in (
        ("sac_ap", sac_ap_mm(view), "mm"),
        ("cord_ap", cord_ap_mm(view), "mm"),
        ("cord_area", cord_area_mm2(view), "mm2"),
    ):
        if value is not None:
            yield Measurement(name, level, round(value, 2), unit, series_uid=uid)


def _compression(views: Mapping[str, AxialSlice | None], uid: str) -> Iterator[Measurement]:
    """MSCC: 1 − D / mean(D at mid-body above, D at mid-body below), in percent; once for the cord, once for the sac."""
    for disc in DiscLevel:
        here, above, below = (
            views.get(name) for name in (disc.value, disc.upper_vertebra.value, disc.lower_vertebra.value)
        )
        if here is None or above is None or below is None:
            continue
        for name, size in (("mscc_cord", cord_ap_mm), ("mscc_sac", sac_ap_mm)):
            at, over, under = size(here), size(above), size(below)
            if at is not None and over is not None and under is not None:
                share = 100.0 * (1.0 - at / float(np.mean([over, under])))
                yield Measurement(name, disc.value, round(share, 1), "%", series_uid=uid)
