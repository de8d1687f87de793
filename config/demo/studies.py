"""The synthetic studies of the demo: fixed seeds. Five to report, one of them normal; eight that are cases of a reader
study.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoStudy:
    """What to ask the phantom for. ``quick``: one sample through a slice instead of four, in half the time."""

    name: str
    seed: int
    vendor: str
    pathologies: tuple[str, ...] = ()
    quick: bool = False


EXAMPLE = "herniation"  # the study whose draft is written as a file

DEMO_STUDIES = (
    DemoStudy("normal", 101, "siemens"),
    DemoStudy(
        "herniation",
        102,
        "ge",
        ("C5/6:herniation:right:paracentral:5mm", "C5/6:lf:right:3.5mm", "C6:osteophyte:posterior:3mm"),
    ),
    DemoStudy("slip", 103, "philips", ("C4:slip:posterior:4mm", "C4/5:bulge:2mm", "C5:osteophyte:anterior:4mm")),
    DemoStudy("ligaments", 104, "uih", ("C4/5:pll:3.5mm", "C5/6:pll:3.5mm", "C5/6:lf:left:3.5mm")),
    DemoStudy(
        "multilevel",
        105,
        "siemens",
        (
            "C4/5:herniation:left:paracentral:4mm",
            "C5/6:herniation:midline:central:4mm",
            "C5:osteophyte:anterior:3mm",
            "C6:osteophyte:anterior:4mm",
        ),
    ),
)

READER_STUDY_CASES = tuple(
    DemoStudy(f"case {number}", 200 + number, vendor, pathologies, quick=True)
    for number, (vendor, pathologies) in enumerate(
        (
            ("siemens", ()),
            ("ge", ("C5/6:herniation:left:paracentral:5mm",)),
            ("philips", ("C4/5:herniation:midline:central:4mm", "C5:osteophyte:posterior:3mm")),
            ("uih", ("C6:osteophyte:posterior:3mm",)),
            ("siemens", ("C3/4:herniation:right:paracentral:4mm", "C6/7:herniation:midline:central:4mm")),
            ("ge", ()),
            ("philips", ("C5/6:herniation:right:paracentral:4mm", "C4:osteophyte:anterior:3mm")),
            ("uih", ("C6/7:herniation:left:paracentral:5mm",)),
        ),
        start=1,
    )
)
