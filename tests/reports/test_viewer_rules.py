"""The rules by which our objects are checked refuse what is wrong; else that check would say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.viewer_rules import mask_faults, object_faults, printed_faults, report_faults, selection_faults

IMAGES = {"1.1.1": ("1.1", 1), "1.2.1": ("1.2", 3)}
POSITIONS = {("1.1.1", 1): (0.0, 1.0, 2.0)}
OBJECT = {"charset": ["ISO_IR 192"], "study": "1", "patient": [["A^B", "甲^乙", ""]]}
REPORT = {"modality": "SR", "root": "126000", "contained": True, "groups": 12, "tracked": 12, "located": 12}
REPORT |= {"regions": [["1.1.1", []], ["1.2.1", [3]]]}
REPORT |= {"evidence": [["1", "1.1", "1.1.1"], ["1", "1.2", "1.2.1"]]}
FRAME = {"position": [0.0, 1.0, 2.0], "segment": 1, "source": "1.1.1", "source_frame": 1}
MASK = {"modality": "SEG", "segments": ["Vertebra"], "numbers": [1], "lies_on": ["1.1"], "frame_of_reference": "9"}
MASK |= {"oriented": True, "spaced": True, "frames": [FRAME], "number_of_frames": 1}
KEYS = {"modality": "KO", "root": "113020", "unseen": 0, "images": [["1.1.1", []], ["1.2.1", [2]]]}
KEYS |= {"evidence": REPORT["evidence"]}
PRINTED = {"modality": "DOC", "mime": "application/pdf", "title": "MR", "length": 9, "document": 10}
PDF = b"%PDF-1.7\n%%EOF\n\0"


@pytest.mark.parametrize("wrong", [{}, {"charset": []}, {"study": "2"}, {"patient": [["A^B", "", ""]]}])
def test_of_any_object(wrong: dict[str, Any]) -> None:
    assert len(list(object_faults(OBJECT | wrong, "1", "A^B=甲^乙"))) == len(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"root": "1"},
        {"contained": False},
        {"tracked": 11},
        {"located": 11},
        {"regions": [["1.2.1", []]]},
        {"regions": [["", []]]},
        {"evidence": REPORT["evidence"][:1]},
    ],
)
def test_of_a_report(wrong: dict[str, Any]) -> None:
    assert len(list(report_faults(REPORT | wrong, "1", IMAGES))) == len(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"numbers": [2], "frames": [FRAME | {"segment": 2}]},
        {"frames": [FRAME | {"position": [0.0, 1.0, 2.01]}]},
        {"frames": [FRAME | {"source": "1.2.1"}]},
        {"frames": [FRAME | {"segment": 2}]},
        {"number_of_frames": 2},
        {"oriented": False},
        {"lies_on": ["1.1", "1.2"]},
    ],
)
def test_of_masks(wrong: dict[str, Any]) -> None:
    assert len(list(mask_faults(MASK | wrong, IMAGES, POSITIONS))) == bool(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"root": "113000"},
        {"unseen": 1},
        {"evidence": KEYS["evidence"][:1]},
        {"images": [["1.1.1", []], ["1.2.1", []]]},
        {"images": [["1.1.1", []], ["1.2.1", [4]]]},
    ],
)
def test_of_key_images(wrong: dict[str, Any]) -> None:
    assert len(list(selection_faults(KEYS | wrong, "1", IMAGES))) == len(wrong)


def test_of_key_images_that_are_not_in_the_study() -> None:
    assert list(selection_faults(KEYS, "1", {"1.1.1": ("1.1", 1)}))


@pytest.mark.parametrize("wrong", [{}, {"mime": "text/xml"}, {"title": ""}, {"length": 11}, {"document": 11}])
def test_of_a_printed_report(wrong: dict[str, Any]) -> None:
    assert len(list(printed_faults(PRINTED | wrong, PDF))) == len(wrong)


def test_of_a_printed_report_that_is_none() -> None:
    assert list(printed_faults(PRINTED, b"<html>"))
