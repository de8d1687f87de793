"""Which objects do not leave at all, by what their headers say of their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from pydicom.dataset import Dataset

from reporting.deidentification.values import parts_of

IMAGE_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.4",  # MR Image
        "1.2.840.10008.5.1.4.1.1.4.1",  # Enhanced MR Image
        "1.2.840.10008.5.1.4.1.1.4.4",  # Legacy Converted Enhanced MR Image
    }
)
_SCREEN = ("SCREEN", "CAPTURE", "POSDISP", "PRINT", "REPORT", "GSPS", "SNAPSHOT")


class Withheld(StrEnum):
    """Why an object stays; stable codes."""

    NOT_AN_MR_IMAGE = "not_an_mr_image"
    BURNED_IN = "burned_in_annotation"
    RECOGNISABLE = "recognizable_visual_features"
    SECONDARY = "secondary_image"
    COLOUR = "colour_image"
    TEXT_IN_PIXELS = "text_like_pixels"
    NO_IDENTITY = "uid_missing"
    UNREADABLE = "unreadable"


class ObjectWithheld(Exception):
    """This object does not leave; the others of its batch are not touched by that."""

    def __init__(self, reason: Withheld) -> None:
        super().__init__(reason.value)
        self.reason = reason


def reason_to_withhold(dataset: Dataset) -> Withheld | None:
    """What its header says against it, or nothing."""
    if str(dataset.get("SOPClassUID", "")) not in IMAGE_CLASSES or dataset.get("Modality", "MR") != "MR":
        return Withheld.NOT_AN_MR_IMAGE
    if not dataset.get("SOPInstanceUID") or not dataset.get("SeriesInstanceUID") or not dataset.get("StudyInstanceUID"):
        return Withheld.NO_IDENTITY
    for at in _everywhere(dataset):
        if _says_yes(at, "BurnedInAnnotation"):
            return Withheld.BURNED_IN
        if _says_yes(at, "RecognizableVisualFeatures"):
            return Withheld.RECOGNISABLE
    kinds = [str(part).upper() for part in parts_of(dataset.get("ImageType"))]
    if "ConversionType" in dataset or kinds[:2] == ["DERIVED", "SECONDARY"]:
        return Withheld.SECONDARY
    if any(sign in kind for kind in kinds for sign in _SCREEN):
        return Withheld.SECONDARY
    shown = str(dataset.get("PhotometricInterpretation") or "")
    if int(dataset.get("SamplesPerPixel") or 1) != 1 or shown not in ("MONOCHROME1", "MONOCHROME2"):
        return Withheld.COLOUR
    return None


def _says_yes(dataset: Dataset, keyword: str) -> bool:
    return str(dataset.get(keyword) or "").strip().upper() == "YES"


def _everywhere(dataset: Dataset) -> Iterator[Dataset]:
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _everywhere(item)
