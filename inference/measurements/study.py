"""All measurements of one study, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from inference.levels import Levels
from inference.matching import SliceMatch
from inference.measurements.axial_slice import axial_slice
from inference.measurements.axial_study import AxialView, measure_axial
from inference.measurements.sagittal import measure_sagittal
from inference.measurements.signal import cord_signal_ratios, disc_signal_ratios
from inference.results import LevelResult, Measurement
from inference.volumes import Volume


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
        yield from disc_signal_ratios(signal, sagittal, results)
    views = {}
    for level in results:
        match = matches.get(level.name)
        view = None if match is None else axial_slice(axial[match.pack], match.k)
        if match is not None and view is not None:
            views[level.name] = AxialView(view, match.tilt_deg)
    yield from measure_axial(views, axial[0].series_uid if axial else "")
