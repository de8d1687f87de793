"""Numbers from exact label maps agree with what the phantom was drawn with, and a mirror only swaps sides."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean

import numpy as np
import pytest

from inference.levels import name_levels
from inference.matching import best_slice
from inference.measurements.axial import (
    cord_ap,
    cord_area_mm2,
    half_canal_width_mm,
    herniation,
    lf_mm,
    pll_mm,
    sac_ap,
)
from inference.measurements.axial_slice import AxialSlice, axial_slice
from inference.measurements.sagittal import c2_c7_angle_deg, disc_height, slip_at
from inference.volumes import Volume
from reporting.vocabulary import MODELLED_DISCS, DiscLevel, SeriesRole, Side, Zone
from tests.inference.phantom_scans import PhantomScan, phantom_scan

PATHOLOGIES = (
    "C3/4:pll:3.5mm",
    "C4/5:lf:right:3.5mm",
    "C5/6:herniation:right:paracentral:5mm",
    "C6/7:lf:left:4mm",
)
SLIPPED = ("C4:slip:4mm",)


def scan() -> PhantomScan:
    return phantom_scan(21, PATHOLOGIES, (SeriesRole.AXIAL_T2,))


def view(volume: Volume, scan: PhantomScan, disc: DiscLevel) -> AxialSlice:
    match = best_slice([volume], scan.center(disc.value), np.array([0.0, 0.0, -1.0]))
    assert match is not None
    found = axial_slice(volume, match.k)
    assert found is not None
    return found


def test_ligaments_are_as_thick_as_drawn() -> None:
    truth = scan()
    volume = truth.labels[SeriesRole.AXIAL_T2]
    pll, lf = [], []
    for disc in MODELLED_DISCS:
        here = view(volume, truth, disc)
        pll.append(abs((pll_mm(here) or 0.0) - truth.finding("pll", disc.value)["mm"]))
        for side in (Side.LEFT, Side.RIGHT):
            lf.append(abs((lf_mm(here, side) or 0.0) - truth.finding("lf", disc.value, side.value)["mm"]))
    assert mean(pll) < 0.45
    assert mean(lf) < 0.45


def test_a_thick_ligament_is_found_on_its_own_side() -> None:
    truth = scan()
    here = view(truth.labels[SeriesRole.AXIAL_T2], truth, DiscLevel.C6_7)
    left, right = lf_mm(here, Side.LEFT), lf_mm(here, Side.RIGHT)
    assert left is not None
    assert right is not None
    assert left > right + 1.5


def test_a_herniation_is_found_with_its_zone_and_side() -> None:
    truth = scan()
    here = view(truth.labels[SeriesRole.AXIAL_T2], truth, DiscLevel.C5_6)
    found = herniation(here)
    assert found is not None
    assert found.mm > 2.0
    assert (found.zone, found.side) == (Zone.PARACENTRAL, Side.RIGHT)


def test_the_sac_is_as_wide_as_drawn() -> None:
    truth = scan()
    here = view(truth.labels[SeriesRole.AXIAL_T2], truth, DiscLevel.C3_4)
    width = half_canal_width_mm(here)
    assert width == pytest.approx(truth.finding("herniation", "C3/4")["half_width_mm"], abs=0.8)


def mirrored(volume: Volume) -> Volume:
    """The same patient reflected: every voxel's left-right coordinate changes sign."""
    affine = volume.affine_lps_mm.copy()
    affine[0] *= -1
    return replace(volume, affine_lps_mm=affine)


def test_a_mirrored_patient_has_the_same_sizes_on_the_other_side() -> None:
    truth = scan()
    volume = truth.labels[SeriesRole.AXIAL_T2]
    for disc in MODELLED_DISCS:
        here = view(volume, truth, disc)
        match = best_slice([volume], truth.center(disc.value), np.array([0.0, 0.0, -1.0]))
        assert match is not None
        there = axial_slice(mirrored(volume), match.k)
        assert there is not None
        for measure in (pll_mm, cord_area_mm2):
            assert measure(here) == pytest.approx(measure(there), abs=1e-6)
        for length in (sac_ap, cord_ap):
            first, second = length(here), length(there)
            assert first is not None
            assert second is not None
            assert first.mm == pytest.approx(second.mm, abs=1e-6)
        assert lf_mm(here, Side.LEFT) == pytest.approx(lf_mm(there, Side.RIGHT), abs=1e-6)
        assert lf_mm(here, Side.RIGHT) == pytest.approx(lf_mm(there, Side.LEFT), abs=1e-6)
        one, other = herniation(here), herniation(there)
        assert one is not None
        assert other is not None
        assert one.mm == pytest.approx(other.mm, abs=1e-6)
        assert one.fraction == pytest.approx(-other.fraction, abs=1e-6)


def test_slip_has_the_size_and_direction_drawn() -> None:
    truth = phantom_scan(22, SLIPPED, lordosis_deg=15.0)
    levels = name_levels(truth.labels[SeriesRole.SAGITTAL_T2])
    errors = []
    for disc in MODELLED_DISCS:
        slip = slip_at(levels, disc)
        assert slip is not None
        errors.append(abs(slip.mm - truth.finding("slip", disc.upper_vertebra.value)["signed_mm"]))
        depth = truth.spec.body(disc.lower_vertebra.value).depth_mm
        assert slip.endplate_mm == pytest.approx(depth, abs=2.0)
    assert mean(errors) < 0.9
    slipped = slip_at(levels, DiscLevel.C4_5)
    assert slipped is not None
    assert slipped.mm * truth.finding("slip", "C4")["signed_mm"] > 0
    assert abs(slipped.mm) > 2.5


def test_lordosis_is_positive_and_kyphosis_negative() -> None:
    bent, straight = (
        c2_c7_angle_deg(name_levels(phantom_scan(23, normal=True, lordosis_deg=drawn).labels[SeriesRole.SAGITTAL_T2]))
        for drawn in (35.0, -10.0)
    )
    assert bent is not None
    assert straight is not None
    assert straight < 0 < bent
    assert bent - straight == pytest.approx(45.0, abs=9.0)  # both share the tilt that their endplates were drawn with


def test_disc_heights_are_near_those_drawn() -> None:
    truth = phantom_scan(23, normal=True, lordosis_deg=35.0)
    levels = name_levels(truth.labels[SeriesRole.SAGITTAL_T2])
    for disc in MODELLED_DISCS:
        # Concave endplates add to the height at the disc's middle.
        height = disc_height(levels, disc)
        assert height is not None
        assert height.mm == pytest.approx(truth.spec.disc(disc.value).height_mm + 1.0, abs=1.6)
