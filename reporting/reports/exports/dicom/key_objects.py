"""The slices that show the levels, as a Key Object Selection (PS3.3 A.35.4) beside the report: pictures stay where they
are, and every archive and viewer can list them."""

from __future__ import annotations

import highdicom as hd
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from reporting.reports.exports.dicom.source import (
    CHARACTERS,
    MANUFACTURER,
    Source,
    da,
    file_of,
    series_uid_of,
    tm,
    uid_of,
)
from reporting.reports.exports.dicom.structured_report import as_person_name
from reporting.reports.key_slices import key_slices, level_places
from reporting.studies.models import SopInstance

SERIES_NUMBER = 9003


def key_objects(source: Source) -> bytes | None:
    """The file; ``None`` when no slice stands for a level."""
    frames = _frames(source)
    images = {image.SOPInstanceUID: image for image in source.images}
    chosen = [images[uid] for uid in frames if uid in images]
    if not chosen:
        return None
    signer = source.version.signature
    person = hd.sr.PersonObserverIdentifyingAttributes(name=as_person_name(signer.signer_name))
    observer = hd.sr.ObserverContext(observer_type=codes.DCM.Person, observer_identifying_attributes=person)
    made = KeyObjectSelectionDocument(
        evidence=chosen,
        content=KeyObjectSelection(
            document_title=codes.DCM.ForReportAttachment,
            referenced_objects=chosen,
            observer_person_context=observer,
            description="Slices that show the levels of the report",
        ),
        series_instance_uid=series_uid_of(source.version.report, "key"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid_of(source.version, "key"),
        instance_number=source.version.number,
        manufacturer=MANUFACTURER,
        institution_name=signer.site[:64],
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    made.SpecificCharacterSet = CHARACTERS
    made.SeriesDescription = "Key images"
    made.ContentDate, made.ContentTime = da(source.at), tm(source.at)
    made.InstanceCreationDate, made.InstanceCreationTime = da(source.at), tm(source.at)
    for keyword in ("SeriesDate", "SeriesTime"):
        if keyword in made:
            delattr(made, keyword)
    for equipment in made.get("ContributingEquipmentSequence", ()):
        equipment.ContributionDateTime = source.at.strftime("%Y%m%d%H%M%S+0000")
    for item in made.ContentSequence:
        if "ReferencedSOPSequence" in item:
            _mean_image(item)
            (reference,) = item.ReferencedSOPSequence
            if "NumberOfFrames" in images[reference.ReferencedSOPInstanceUID]:
                reference.ReferencedFrameNumber = frames[reference.ReferencedSOPInstanceUID]
    return file_of(made)


def _frames(source: Source) -> dict[str, list[int]]:
    """By object the frames that are meant: the overview, then the slice through each disc, each once."""
    slices = dict.fromkeys(one for _name, one in key_slices(level_places(source.version.report)))
    ids = {one.instance_id for one in slices}
    uids = dict(SopInstance.objects.filter(pk__in=ids).values_list("pk", "sop_instance_uid"))
    frames: dict[str, list[int]] = {}
    for one in slices:
        frames.setdefault(uids[one.instance_id], []).append(one.frame)
    return frames


def _mean_image(item: Dataset) -> None:
    """The library takes what comes without its pixels for an object that is no image, and viewers skip such.

    Nor does an image have a purpose beside that of being shown (PS3.16 TID 2010).
    """
    item.ValueType = "IMAGE"
    del item.ConceptNameCodeSequence
