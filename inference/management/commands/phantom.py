"""``manage.py phantom OUT --seed N``: write a synthetic neck study as DICOM, with its truth. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.phantom import Pathology, write_study
from inference.phantom.spec import FAMILIES
from inference.phantom.study import LAYOUTS
from inference.phantom.vendors import VENDORS


class Command(BaseCommand):
    help = "Write a synthetic cervical MR study (DICOM) with known truth."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("out", type=Path, help="folder to write into")
        parser.add_argument("--seed", type=int, required=True)
        parser.add_argument("--pathology", action="append", default=[], metavar="LEVEL:KIND[:…][:SIZEmm]")
        parser.add_argument("--vendor", choices=sorted(VENDORS), default="siemens")
        parser.add_argument("--family", choices=FAMILIES, default="first", help="shape family (second: shift test)")
        parser.add_argument("--normal", action="store_true", help="a healthy neck")
        parser.add_argument("--fat-suppressed", action="store_true", help="add an axial fat-suppressed series")
        parser.add_argument("--continuous", action="store_true", help="sizes may lie close to their thresholds")
        parser.add_argument("--thickness", type=float, metavar="MM", help="slice thickness of every series")
        parser.add_argument("--tilt", type=float, default=0.0, metavar="DEGREES", help="turn every field of view")
        parser.add_argument("--contrast", metavar="NAME", help="of the plain axial series: T2star, T2starFS or STIR")
        parser.add_argument("--layout", choices=LAYOUTS, default="stack", help="blocks: an axial pack along each disc")
        parser.add_argument("--chinese-name", action="store_true", help="patient name also in Chinese")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pathologies = [Pathology.parse(text) for text in options["pathology"]]
            truth = write_study(
                options["out"],
                options["seed"],
                pathologies,
                options["vendor"],
                options["fat_suppressed"],
                normal=options["normal"],
                family=options["family"],
                margin_mm=None if options["continuous"] else 0.5,
                chinese_name=options["chinese_name"],
                thickness_mm=options["thickness"],
                tilt_deg=options["tilt"],
                contrast=options["contrast"],
                layout=options["layout"],
            )
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        for series in truth["series"]:
            self.stdout.write(f"{series['path']}: {series['description']}, {series['shape_kji'][0]} slices")
        positives = [entry for entry in truth["findings"] if entry["positive"]]
        for entry in positives:
            side = entry.get("herniation_side") or entry["side"] or ""
            self.stdout.write(f"{entry['level']} {entry['finding']} {side} {entry['mm']:.1f} mm".replace("  ", " "))
        self.stdout.write(f"truth.json: {len(positives)} findings in {len(truth['levels'])} levels")
