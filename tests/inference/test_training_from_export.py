"""From phantoms that people read and signed, through an export, to a network that was trained on them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from inference.networks import CROPS, OUTPUTS, STRUCTURES, Plane
from inference.segmentation import ProbabilityMap, Segmentation, prepared
from inference.training import exported_crops
from inference.training.crop_cache import load_crops
from inference.training.exported import ExportedStudy, labels_of, read_export
from inference.training.splits import SplitError
from inference.training.train_grading import loss_of
from inference.volumes import Volume
from inference.weights import read_card
from reporting.accounts.models import Role
from reporting.department_audit.dataset import files
from reporting.department_audit.dataset.split import SIDES
from reporting.vocabulary import MachineFinding
from tests.inference.exported_studies import export_with_every_side, signed_phantom
from tests.reports.factories import make_user

PATIENTS = 3


@pytest.fixture
def exported(db: None, tmp_path: Path) -> Path:
    """An export of three phantoms that were received, drafted with true levels, read and signed."""
    senior = make_user(Role.SENIOR)
    for seed in range(PATIENTS):
        signed_phantom(tmp_path / f"phantom-{seed}", 70 + seed, senior)
    return export_with_every_side(tmp_path / "export")


@pytest.fixture
def _no_network_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segmenting nine series takes minutes here and is tested elsewhere: the masks are empty."""

    def empty(volume: Volume, plane: Plane) -> Segmentation:
        image = prepared(volume, plane)
        found = np.zeros((1 + len(STRUCTURES[plane]), *image.array.shape), np.float32)
        return Segmentation(volume, image, ProbabilityMap(plane, found, image.affine_lps_mm))

    monkeypatch.setattr(exported_crops, "segment", empty)


@pytest.mark.usefixtures("_no_network_looks")
def test_a_network_is_trained_on_signed_phantoms(exported: Path, tmp_path: Path) -> None:
    export = read_export(exported)
    assert len(export.studies) == len(export.patients) == PATIENTS
    work, out = tmp_path / "work", tmp_path / "weights"
    call_command("train", "osteophyte", data=exported, work=work, out=out, steps=1, jobs=1)
    card = read_card(out / "osteophyte.safetensors")
    assert "signed reads" in card.trained_on
    assert export.digest in card.trained_on
    assert card.figures["measured_on"] == "held-out patients of the same export"
    crops = load_crops(work / f"crops-{export.digest[:16]}", MachineFinding.OSTEOPHYTE, range(PATIENTS))
    assert len(crops) == PATIENTS * 6, "C2 to C7 of each"
    assert crops.crop(0).shape == (CROPS[MachineFinding.OSTEOPHYTE].channels, *CROPS[MachineFinding.OSTEOPHYTE].shape)
    assert {level for level, yes in zip(crops.levels, crops.targets["positive"], strict=True) if yes} == {"C5"}

    content = (exported / "split.json").read_text()
    (exported / "split.json").write_text(content + " ")
    with pytest.raises(CommandError, match=r"split\.json: missing, or its digest does not match"):
        call_command("train", "osteophyte", data=exported, work=work, out=out, steps=1, jobs=1)
    (exported / "split.json").write_text(content)

    path = export.studies[0] / "study.json"
    study = json.loads(path.read_text())
    study["side_of_split"] = next(side for side in SIDES if side != study["side_of_split"])
    path.write_text(json.dumps(study))
    manifest = json.loads((exported / "manifest.json").read_text())
    files.seal(exported, {name: manifest[name] for name in ("schema", "purpose", "seed", "counts")})
    with pytest.raises(SplitError, match="is in"):
        read_export(exported)

    shutil.rmtree(export.studies[0])
    with pytest.raises(files.ExportDamaged, match="missing"):
        read_export(exported)


def test_a_size_that_nobody_gave_teaches_nothing() -> None:
    names = OUTPUTS[MachineFinding.LF]
    outputs = torch.zeros((2, len(names)), requires_grad=True)
    targets = {"positive": torch.tensor([1.0, 0.0]), "mm": torch.tensor([float("nan"), 4.0])}
    loss = loss_of(names, outputs, targets)
    loss.backward()
    assert np.isfinite(float(loss.detach()))
    assert outputs.grad is not None
    column = outputs.grad[:, names.index("mm")]
    assert column[0] == 0
    assert column[1] != 0


def mark(
    kind: str, structure: str, says: str, level: str, side: str = "", at: tuple[float, ...] = ()
) -> dict[str, Any]:
    points = [list(at)] if at else []
    return {"kind": kind, "structure": structure, "says": says, "level": level, "side": side, "points_lps_mm": points}


def label(field: str, finding: str, level: str, positive: bool, source: str = "final") -> dict[str, Any]:
    same = {"side": "", "value": None}
    return {"field": field, "finding": finding, "level": level, "positive": positive, "truth_source": source, **same}


def test_marks_of_two_people_stand_before_a_final_read_and_behind_a_settled_reference() -> None:
    labels = [label("pll", "pll", level, False) for level in ("C3/4", "C4/5")]
    labels += [label("pll", "pll", "C5/6", False, "surgery")]
    marks = [mark("ligament_point", "pll", "thickened", level) for level in ("C4/5", "C5/6", "C6/7")]
    marks += [mark("ligament_point", "lf", "thickened", "C4/5", "left"), mark("contour", "cord", "outline", "")]
    study = ExportedStudy(Path(), 0, {"labels": labels, "marks": marks})
    found = {level: one["positive"] for (level, _side), one in labels_of(study, "pll").items()}
    assert found == {"C3/4": False, "C4/5": True, "C5/6": False, "C6/7": True}
    assert labels_of(study, "lf")["C4/5", "left"]["positive"] is True


def test_a_vertebra_lies_where_people_pointed_at_it() -> None:
    marks = [
        mark("vertebra_point", "body", "normal", "C5", at=(0, 1, 2)),
        mark("vertebra_point", "body", "osteophyte", "C5", at=(1, 2, 3)),
    ]
    levels = [{"name": name, "kind": "vertebra", "center_lps_mm": [9, 9, 9]} for name in ("C4", "C5")]
    study = ExportedStudy(Path(), 0, {"labels": [], "marks": marks, "levels": levels})
    assert [level.center_lps_mm for level in exported_crops._levels(study)] == [(9, 9, 9), (1, 2, 3)]
    assert labels_of(study, "osteophyte")["C5", ""]["positive"] is True
    assert labels_of(study, "slip")["C5", ""]["positive"] is False


def test_an_unfinished_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".export.json").write_text("{}")
    with pytest.raises(CommandError, match="not whole"):
        call_command("train", "lf", data=tmp_path, work=tmp_path / "work")
