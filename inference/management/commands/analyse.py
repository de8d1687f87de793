"""``manage.py analyse PATH``: run the pipeline on a folder, zip or NIfTI files. Needs no database."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.nifti import is_nifti, write_label_map
from inference.overlays import overlay_pictures
from inference.pipeline import run
from inference.results import LevelPrediction, PipelineError, PipelineResult, Point
from inference.serialise import as_json
from inference.unpacking import unpacked
from inference.weights import WeightsError
from reporting.vocabulary import LABEL_VALUES, GateStatus, SeriesRole

_ROLES = {role.value: role for role in SeriesRole}


class Command(BaseCommand):
    help = "Analyse one study (folder, zip, DICOM or NIfTI files) and print a table of its levels."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folder, zip, DICOM or NIfTI file")
        parser.add_argument("--json", type=Path, metavar="OUT", help="write the whole result (docs/analysis_schema.md)")
        parser.add_argument("--masks", type=Path, metavar="DIR", help="write every label map as NIfTI, and labels.json")
        parser.add_argument(
            "--overlays", type=Path, metavar="DIR", help="write a PNG per series: label maps over slices"
        )
        parser.add_argument(
            "--role", action="append", default=[], metavar="FILE=ROLE", help=f"one of {', '.join(_ROLES)}"
        )
        parser.add_argument("--device", help="torch device (default: CUDA when there is one)")
        parser.add_argument(
            "--c2-3", metavar="X,Y,Z", help="a point in disc C2/3, LPS mm, when the dens is not in view"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        roles = dict(_role(text) for text in options["role"])
        hint = None if options["c2_3"] is None else _point(options["c2_3"])
        for path in options["paths"]:
            if not path.exists():
                raise CommandError(f"{path}: no such file or folder", returncode=2)
        warnings.simplefilter("ignore")  # readers warn of every oddity; ours are in the result
        with unpacked(options["paths"]) as (paths, refused):
            try:
                result = run(paths, roles=roles, device=options["device"], c2_3_hint_lps_mm=hint)
            except PipelineError as error:
                detail = "; ".join(f"{one.path}: {one.reason}" for one in refused[:3])
                raise CommandError(f"{error.message} {detail}".strip(), returncode=2) from error
            except WeightsError as error:
                raise CommandError(str(error), returncode=3) from error
            if options["masks"]:
                _write_masks(result, options["masks"])
        if options["overlays"]:
            _write_overlays(result, options["overlays"])
        unreadable = [*result.quality["unreadable"], *({"path": one.path, "reason": one.reason} for one in refused)]
        result = replace(result, quality={**result.quality, "unreadable": unreadable})
        if options["json"]:
            text = json.dumps(as_json(result), indent=1, ensure_ascii=False)
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(text + "\n", encoding="utf-8")
        self._print(result)

    def _print(self, result: PipelineResult) -> None:
        for series in result.series:
            self.stdout.write(f"{series.path or series.uid}: {series.role} ({series.reason})")
        for file in result.quality["unreadable"]:
            self.stdout.write(f"{file['path']}: not read ({file['reason']})")
        withheld = [
            f"{finding.value}: {', '.join(gate.reasons)}"
            for finding, gate in result.gate.findings.items()
            if gate.status is GateStatus.WITHHELD
        ]
        self.stdout.write(f"gate: {result.gate.status}")
        for line in withheld:
            self.stdout.write(f"  withheld {line}")
        self.stdout.write(_table(result))


def _table(result: PipelineResult) -> str:
    lines = [f"{'level':<12}{'status':<18}{'x':>8}{'y':>8}{'z':>8}  findings (probability, mm; * positive)"]
    for level in result.levels:
        x, y, z = level.center_lps_mm
        said = [_cell(one) for one in result.predictions if one.level == level.name]
        lines.append(f"{level.name:<12}{level.status:<18}{x:8.1f}{y:8.1f}{z:8.1f}  {'  '.join(said)}".rstrip())
    return "\n".join(lines) if result.levels else "no levels"


def _cell(one: LevelPrediction) -> str:
    where = one.side or one.herniation_side
    name = f"{one.finding.value}{f' {where.value}' if where else ''}"
    size = "" if one.mm is None else f" {one.mm:.1f} mm"
    grade = f" grade {one.grade}" if one.grade else f" {one.zone.value}" if one.zone else ""
    mark = "*" if one.positive else ""
    return f"{name}{mark} {one.probability:.2f}{size}{grade}"


def _write_masks(result: PipelineResult, folder: Path) -> None:
    """One NIfTI per label map, on its series' own voxel grid, and what the values mean."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {series.uid: Path(series.path) for series in result.series}
    files = {}
    for uid, label_map in result.masks.items():
        source = paths.get(uid)
        like = source if source is not None and is_nifti(source) else None
        role = next((series.role.value for series in result.series if series.uid == uid.split("#")[0]), "")
        stem = uid.split(".nii")[0] if like else uid.replace("#", "_")
        name = f"{stem}_labels.nii.gz"
        write_label_map(folder / name, label_map, like)
        files[name] = {"series": uid, "role": role}
    labels = {"labels": {structure.value: value for structure, value in LABEL_VALUES.items()}, "files": files}
    (folder / "labels.json").write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")


def _write_overlays(result: PipelineResult, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for uid, picture in overlay_pictures(result).items():
        picture.save(folder / f"{uid.split('.nii')[0].replace('#', '_')}.png")


def _role(text: str) -> tuple[str, SeriesRole]:
    file, _, role = text.rpartition("=")
    if not file or role not in _ROLES:
        raise CommandError(f"--role {text}: expected FILE=ROLE with one of {', '.join(_ROLES)}", returncode=2)
    return file, _ROLES[role]


def _point(text: str) -> Point:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        raise CommandError(f"--c2-3 {text}: expected three numbers X,Y,Z", returncode=2) from None
    return x, y, z
