"""What viewers and archives ask of our objects beyond the validators: OHIF 3.13, key images, printed reports.

``read`` is what read_objects.cjs says of a file; each function names what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Images = Mapping[str, tuple[str, int]]
"""Objects of the study by UID: their series, and how many frames."""
Positions = Mapping[tuple[str, int], Sequence[float]]
_NEAR_MM = 0.001


def object_faults(read: Mapping[str, Any], study: str, patient: str) -> Iterator[str]:
    """Of any kind."""
    groups = [*patient.split("="), "", ""][:3]
    if read["charset"] != ["ISO_IR 192"]:
        yield f"characters: {read['charset']}"
    if read["study"] != study:
        yield "another study"
    if read["patient"] != ([groups] if patient else []):
        yield f"named {read['patient']}"


def report_faults(read: Mapping[str, Any], study: str, images: Images) -> Iterator[str]:
    """OHIF shows TID 1500 with its measurements; it breaks on a group without a tracking UID, or without a place."""
    if (read["modality"], read["root"]) != ("SR", "126000"):
        yield f"root {read['root']}"
    if not read["contained"] or not read["groups"]:
        yield f"{read['groups']} groups"
    if read["tracked"] != read["groups"]:
        yield "a group without a tracking UID"
    if read["located"] not in (0, read["groups"]):
        yield f"{read['located']} of {read['groups']} groups with a place"
    for uid, frames in read["regions"]:
        if len(frames) != _named_frames(uid, images):
            yield f"a region in frames {frames} of {uid}"
    if {tuple(one) for one in read["evidence"]} != {(study, series, uid) for uid, (series, _n) in images.items()}:
        yield "evidence is not the study's images"


def _named_frames(uid: str, images: Images) -> int | None:
    """How many frames a reference to one picture names."""
    return int(images[uid][1] > 1) if uid in images else None


def mask_faults(read: Mapping[str, Any], images: Images, positions: Positions) -> Iterator[str]:
    """OHIF drops a segmentation whose series is not there, and a frame that lies on no image of it."""
    if read["modality"] != "SEG" or not read["segments"]:
        yield "no segments"
    if read["numbers"] != list(range(1, len(read["segments"]) + 1)):
        yield f"segments {read['numbers']}"
    if len(read["lies_on"]) != 1 or read["lies_on"][0] not in {series for series, _n in images.values()}:
        yield f"lies on {read['lies_on']}"
    if not (read["oriented"] and read["spaced"] and read["frame_of_reference"]):
        yield "no place"
    if read["number_of_frames"] != len(read["frames"]) or not read["frames"]:
        yield "frames without their place"
    for frame in read["frames"]:
        there = positions.get((frame["source"], frame["source_frame"]), (float("inf"),) * 3)
        if images.get(frame["source"], ("",))[0] not in read["lies_on"]:
            yield f"drawn on {frame['source']}"
        elif max(abs(a - b) for a, b in zip(frame["position"], there, strict=True)) > _NEAR_MM:
            yield f"beside {frame['source']}"
        if frame["segment"] not in read["numbers"]:
            yield f"segment {frame['segment']}"


def selection_faults(read: Mapping[str, Any], study: str, images: Images) -> Iterator[str]:
    """Each key image is there, is an image, is named as evidence (PS3.3 C.17.6.2.1), and frames are told where many."""
    if (read["modality"], read["root"]) != ("KO", "113020"):  # For Report Attachment, CID 7010
        yield f"title {read['root']}"
    if read["unseen"] or not read["images"]:
        yield "images that viewers do not show"
    meant = [uid for uid, _frames in read["images"]]
    if len(meant) != len(set(meant)):
        yield "the same image twice"
    if {tuple(one) for one in read["evidence"]} != {(study, images.get(uid, ("",))[0], uid) for uid in meant}:
        yield "evidence is not what is meant"
    for uid, frames in read["images"]:
        _series, count = images.get(uid, ("", 0))
        if bool(frames) != (count > 1) or not set(frames) <= set(range(1, count + 1)):
            yield f"{uid}: frames {frames} of {count}"


def printed_faults(read: Mapping[str, Any], document: bytes) -> Iterator[str]:
    """PS3.3 C.24.2: what it is, how long without padding, under which title."""
    if (read["modality"], read["mime"]) != ("DOC", "application/pdf"):
        yield f"{read['modality']}, {read['mime']}"
    if not read["title"]:
        yield "no title"
    if read["document"] % 2 or not 0 <= read["document"] - read["length"] <= 1:
        yield f"{read['length']} of {read['document']} bytes"
    if not document.startswith(b"%PDF-") or not document.rstrip(b"\0\n").endswith(b"%%EOF"):
        yield "no PDF"
