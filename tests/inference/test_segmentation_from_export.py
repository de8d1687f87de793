"""Contours of the reading room, through an export, teach a segmentation network what they say and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from numpy.typing import NDArray
from torch import Tensor

from inference import weights
from inference.networks import STRUCTURES
from inference.phantom.render import render_codes
from inference.phantom.study import plan_study
from inference.phantom.truth import label_map
from inference.training.exported import read_export
from inference.training.exported_contours import (
    LabelledSlice,
    bits_of,
    cut_slices,
    everything,
    possible_classes,
    slices_of,
)
from inference.training.exported_patches import ContourSource, partial_loss
from inference.training.exported_segmentation import dice_at_contours
from inference.training.patch_images import images_of
from reporting.accounts.models import Role, User
from reporting.reports.correction_models import MarkKind
from reporting.reports.corrections.placing import frame_of
from reporting.reports.models import Report
from reporting.reports.services import corrections
from reporting.reports.viewer.outlines import lines_of
from reporting.studies.models import SopInstance
from reporting.studies.slice_geometry import lps_mm_to_pixel
from reporting.vocabulary import LABEL_VALUES, SeriesRole, Structure
from tests.inference.exported_studies import drafted_phantom, export_with_every_side
from tests.reports.factories import complete, make_user, sign

AXIAL = STRUCTURES["axial"]
PIXEL = np.array([0.5, 0.5])
DISC, SAC, CORD = Structure.DISC, Structure.SAC, Structure.CORD


def test_a_contour_says_what_is_in_it_and_just_beyond_it_and_nothing_else() -> None:
    disc = np.zeros((60, 60), bool)
    disc[20:30, 20:30] = True
    found = possible_classes({DISC: disc}, "axial", PIXEL)
    assert (found[disc] == bits_of("axial", DISC)).all()
    assert found[25, 32] == everything("axial") & ~bits_of("axial", DISC), "a millimetre beyond it"
    assert found[25, 40] == everything("axial"), "five millimetres beyond it: nobody said anything"


def test_the_only_cord_of_an_axial_slice_is_where_it_was_outlined() -> None:
    sac, cord = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    sac[20:40, 15:45], cord[25:35, 20:40] = True, True
    alone = possible_classes({SAC: sac}, "axial", PIXEL)
    assert (alone[sac] == bits_of("axial", SAC, CORD)).all(), "whoever outlines the sac draws round the cord"
    both = possible_classes({SAC: sac, CORD: cord}, "axial", PIXEL)
    assert (both[cord] == bits_of("axial", CORD)).all()
    assert (both[sac & ~cord] == bits_of("axial", SAC)).all()
    assert (both[~sac] == everything("axial") & ~bits_of("axial", SAC, CORD)).all()
    sagittal = possible_classes({CORD: cord}, "sagittal", PIXEL)
    assert sagittal[0, 0] == everything("sagittal"), "a bent cord passes a sagittal slice twice"


def test_contours_that_contradict_each_other_teach_nothing_where_they_do() -> None:
    disc, cord = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    disc[5:20, 5:20], cord[15:30, 15:30] = True, True
    found = possible_classes({DISC: disc, CORD: cord}, "axial", PIXEL)
    assert (found[disc & cord] == everything("axial")).all()


def loss_of(sets: list[int], logits: list[list[float]]) -> tuple[float, Tensor]:
    """The loss of a row of pixels, and its slope by pixel and class."""
    outputs = torch.tensor(logits).T[None, :, None, :].clone().requires_grad_()
    loss = partial_loss(outputs, {"classes": torch.tensor(sets, dtype=torch.float32).view(1, 1, 1, -1)})
    loss.backward()
    assert outputs.grad is not None
    return float(loss.detach()), outputs.grad[0, :, 0].T


def test_what_nobody_said_moves_no_weight() -> None:
    sets = [bits_of("axial", CORD), everything("axial"), 0]
    _, slope = loss_of(sets, [[0.0] * 6, [3.0, 0, 0, 0, 0, 0], [0, 3.0, 0, 0, 0, 0]])
    assert slope[0].abs().sum() > 0
    assert (slope[1:] == 0).all(), "neither the background nor anything else is taught there"
    value, slope = loss_of([everything("axial")], [[1.0] * 6])
    assert value == 0
    assert (slope == 0).all()


def test_not_the_cord_pushes_the_cord_alone() -> None:
    sets = [everything("axial") & ~bits_of("axial", CORD), bits_of("axial", CORD)]
    _, slope = loss_of(sets, [[0.0] * 6, [0.0] * 6])
    cord = 1 + AXIAL.index(CORD)
    assert slope[0, cord] > 0
    others = torch.cat([slope[0, :cord], slope[0, cord + 1 :]])
    assert others.max() < 0
    assert torch.allclose(others, others[0].expand(5)), "which of the others it is, nobody said"


def test_with_every_pixel_known_the_cross_entropy_is_the_usual_one() -> None:
    classes = torch.tensor([0, 1, 2, 3, 4, 5, 0])
    outputs = torch.randn(1, 6, 1, 7, generator=torch.Generator().manual_seed(1))
    found = partial_loss(outputs, {"classes": (1 << classes).float().view(1, 1, 1, 7)})
    entropy = torch.nn.functional.cross_entropy(outputs[:, :, 0], classes[None])
    said, true = outputs.softmax(1)[0, 1:, 0], torch.nn.functional.one_hot(classes, 6).T[1:]
    dice = (1 - 2 * (said * true).sum(1) / (said.sum(1) + true.sum(1))).mean()
    assert float(found) == pytest.approx(float(0.7 * entropy + dice), rel=1e-5)


def test_every_patch_shows_what_a_contour_holds(tmp_path: Path) -> None:
    cord = np.zeros((400, 400), bool)
    cord[150:160, 250:262] = True
    classes = possible_classes({CORD: cord}, "axial", PIXEL)
    assert (classes != everything("axial")).all(), "all of the slice is known not to be the cord"
    greys = np.zeros((3, *classes.shape), np.uint8)
    np.savez(tmp_path / "0.npz", greys=greys, classes=classes, pixel_mm=PIXEL)
    source = ContourSource("axial", [LabelledSlice(tmp_path / "0.npz", 0)])
    images, targets = images_of(source.batch(np.random.default_rng(1), 12), 176, 0.45, may_mirror=True)
    assert images.shape == (12, 3, 176, 176)
    seen = (targets["classes"] == bits_of("axial", CORD)).flatten(1).any(dim=1)
    assert seen.all()


def draw_cord(report: Report, seed: int, author: User, senior: User) -> None:
    """The true outlines of sac and cord on the axial slice of C5/6, drawn by one person and accepted by another."""
    plan = plan_study(seed)
    grid = plan.grids[SeriesRole.AXIAL_T2]
    labels = label_map(render_codes(plan.spec, grid, 1), "axial")
    k = next(k for k in range(len(labels) // 2, len(labels)) if (labels[k] == LABEL_VALUES[CORD]).sum() > 100)
    affine = grid.affine_lps_mm
    for structure in (SAC, CORD):
        inside = labels[k] == LABEL_VALUES[CORD]
        if structure is SAC:
            inside |= labels[k] == LABEL_VALUES[SAC]
        lines = lines_of(np.where(inside, LABEL_VALUES[structure], 0).astype(np.uint8))[str(LABEL_VALUES[structure])]
        corners = np.array(max(lines, key=len)).reshape(-1, 2)
        index = np.column_stack([np.full(len(corners), k), corners[:, 1], corners[:, 0], np.ones(len(corners))])
        lps = (index @ affine.T)[:, :3]
        instance, points = _on_its_frame(report, lps)
        mark = corrections.draw_correction(
            report,
            by=author,
            level_map_version=report.level_map_version,
            instance=instance,
            frame=1,
            kind=MarkKind.CONTOUR,
            structure=structure,
            says="outline",
            points=points,
        )
        corrections.accept_correction(mark, by=senior, expected_version=mark.version)


def _on_its_frame(report: Report, lps: NDArray[np.float64]) -> tuple[SopInstance, list[list[float]]]:
    for instance in SopInstance.objects.filter(series__study=report.study, series__role="axial_t2"):
        place = frame_of(instance, 1).place
        assert place.orientation is not None
        assert place.position_mm is not None
        assert place.pixel_spacing_mm is not None
        away = (lps - place.position_mm) @ np.cross(place.orientation[:3], place.orientation[3:])
        if np.abs(away).max() < 0.5:
            where = {"orientation": place.orientation, "position_mm": place.position_mm}
            return instance, [list(lps_mm_to_pixel(point, **where, spacing_mm=place.pixel_spacing_mm)) for point in lps]
    raise AssertionError("no slice lies there")


@pytest.fixture
def exported(db: None, tmp_path: Path) -> Path:
    """Three phantoms with the outlines of one axial slice each, read, signed and exported."""
    senior, author = make_user(Role.SENIOR), make_user(Role.JUNIOR)
    for seed in range(70, 73):
        report = drafted_phantom(tmp_path / f"phantom-{seed}", seed)
        draw_cord(report, seed, author, senior)
        complete(report, senior)
        sign(report, senior)
    return export_with_every_side(tmp_path / "export")


def test_a_segmentation_network_goes_on_learning_from_exported_contours(exported: Path, tmp_path: Path) -> None:
    export = read_export(exported)
    cut_slices(tmp_path / "cut", export.study(export.studies[0]), "axial")
    (one,) = slices_of(tmp_path / "cut", range(3))
    greys, classes, _ = one.read()
    assert greys.shape == (3, *classes.shape)
    shipped, _ = weights.load("axial_segmentation")
    dice = dice_at_contours(shipped, "axial", [one])
    assert set(dice) == {"sac", "cord"}
    assert dice["cord"] > 0.8, "drawn where the network sees the cord: contours lie on their slices"

    source = ContourSource("axial", [one])
    images, targets = images_of(source.batch(np.random.default_rng(1), 4), 176, 0.45, may_mirror=True)
    assert images.shape == (4, 3, 176, 176)
    sets = {int(value) for value in targets["classes"].unique()}
    every = everything("axial")
    assert sets <= {0, bits_of("axial", CORD), bits_of("axial", SAC), every & ~bits_of("axial", SAC, CORD)}
    assert bits_of("axial", CORD) in sets

    work, out = tmp_path / "work", tmp_path / "weights"
    call_command("train", "axial_segmentation", data=exported, work=work, out=out, phantoms=1, steps=2, jobs=1)
    card = weights.read_card(out / "axial_segmentation.safetensors")
    assert "contours of the department" in card.trained_on
    assert export.digest in card.trained_on
    assert card.figures["patients_with_contours"] == {"train": 1, "validation": 1, "test": 1}
    assert card.figures["dice_at_contours_before"].keys() == card.figures["dice_at_contours"].keys() == {"sac", "cord"}
    with pytest.raises(CommandError, match="no contour that sagittal_segmentation can learn from is in train"):
        call_command("train", "sagittal_segmentation", data=exported, work=work, out=out, phantoms=0, steps=1, jobs=1)
