"""The machine's masks as DICOM Segmentations (PS3.3 A.51).

One object in a series of its own for each series it looked at: viewers show the last object of such a series only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC

import highdicom as hd
import numpy as np
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from reporting.predictions.models import InferenceJob
from reporting.reports.exports.dicom.codes import concept, own
from reporting.reports.exports.dicom.source import (
    CHARACTERS,
    MANUFACTURER,
    Source,
    da,
    dt,
    file_of,
    one_value,
    put_patient_and_study,
    tm,
)
from reporting.reports.images.label_volume import LabelVolume, map_of_plane
from reporting.reports.images.stored_label_maps import label_volumes
from reporting.studies.header_codec import decode_header
from reporting.studies.headers import FrameHeader, InstanceHeader
from reporting.studies.models import Series, SopInstance
from reporting.studies.slice_geometry import pixel_to_lps_mm
from reporting.vocabulary import LABEL_VALUES, Code, Structure

FIRST_SERIES_NUMBER = 9100
_TYPES = {
    Structure.BODY: concept(Code("SCT", "51282000", "Vertebra")),
    Structure.DISC: own("disc", "Intervertebral disc"),
    Structure.SAC: own("sac", "Thecal sac"),
    Structure.CORD: concept(Code("SCT", "2748008", "Spinal cord")),
    Structure.PLL: own("pll", "Posterior longitudinal ligament"),
    Structure.LF: own("lf", "Ligamentum flavum"),
}
_LABELS = {structure: str(code.meaning) for structure, code in _TYPES.items()}


def segmentations(source: Source) -> list[bytes]:
    """The files; empty without masks. Of series in several multi-frame objects none are made."""
    job = source.version.report.job
    if job is None:
        return []
    series = Series.objects.filter(label_maps__job=job).distinct().order_by("series_instance_uid")
    made = (_of_series(source, job, one, number) for number, one in enumerate(series))
    return [content for content in made if content is not None]


def _of_series(source: Source, job: InferenceJob, series: Series, number: int) -> bytes | None:
    maps = job.label_maps.filter(series=series).order_by("pack")
    volumes = label_volumes(maps.values_list("sha256", flat=True))
    instances = list(series.sop_instances.order_by("instance_number", "sop_instance_uid"))
    if len(instances) == 1 and instances[0].number_of_frames > 1:
        images, masks = _in_one_object(source, series, instances[0], volumes)
    else:
        images, masks = _in_slices(source, series, instances, volumes)
    if not images:
        return None
    pixels = np.stack(masks)
    present = [structure for structure, value in LABEL_VALUES.items() if (pixels == value).any()]
    return _file(_segmentation(source, series, number, images, pixels, present), source, series, job)


def _in_slices(
    source: Source, series: Series, instances: Sequence[SopInstance], volumes: Sequence[LabelVolume]
) -> tuple[list[Dataset], list[NDArray[np.uint8]]]:
    """The objects that something was found in, with the labels of each."""
    images, masks = [], []
    for instance in instances:
        header = decode_header(instance.header)
        if len(header.frames) != 1 or instance.number_of_frames != 1 or not _is_placed(header, header.frames[0]):
            continue
        mask = _mask(header, header.frames[0], volumes)
        if mask is not None and mask.any():
            images.append(_image(source, series, instance, header))
            masks.append(mask)
    return images, masks


def _in_one_object(
    source: Source, series: Series, instance: SopInstance, volumes: Sequence[LabelVolume]
) -> tuple[list[Dataset], list[NDArray[np.uint8]]]:
    """The one object and the labels of all its frames; nothing where they are not slices of one stack."""
    header = decode_header(instance.header)
    planes = {(frame.orientation, frame.pixel_spacing_mm) for frame in header.frames}
    is_a_stack = len(header.frames) == instance.number_of_frames and len(planes) == 1
    if not is_a_stack or not all(_is_placed(header, frame) for frame in header.frames):
        return [], []
    empty = np.zeros((header.series.rows or 0, header.series.columns or 0), np.uint8)
    found = [_mask(header, frame, volumes) for frame in header.frames]
    masks = [empty if mask is None else mask for mask in found]
    if not any(mask.any() for mask in masks):
        return [], []
    return [_frames_of(_image(source, series, instance, header), header)], masks


def _segmentation(
    source: Source,
    series: Series,
    number: int,
    images: Sequence[Dataset],
    pixels: NDArray[np.uint8],
    present: Sequence[Structure],
) -> Segmentation:
    report = source.version.report
    said = source.content["algorithm"] or {"name": "unknown", "version": ""}
    algorithm = hd.AlgorithmIdentificationSequence(
        name=said["name"], version=said["version"] or "unknown", family=codes.cid7162.ArtificialIntelligence
    )
    described = [
        SegmentDescription(
            segment_number=place,
            segment_label=_LABELS[structure],
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=_TYPES[structure],
            algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
            algorithm_identification=algorithm,
            tracking_uid=generate_uid(entropy_srcs=["dens", "segment", str(report.pk), str(series.pk), structure]),
            tracking_id=structure.value,
        )
        for place, structure in enumerate(present, start=1)
    ]
    return Segmentation(
        source_images=images,
        pixel_array=np.stack([pixels == LABEL_VALUES[structure] for structure in present], axis=-1).astype(np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        series_instance_uid=_uid(source, series, "series"),
        series_number=FIRST_SERIES_NUMBER + number,
        sop_instance_uid=_uid(source, series, "object"),  # of the file without its own: see _file
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=said["name"],
        software_versions=said["version"] or "unknown",
        device_serial_number="0",
        content_label="STRUCTURES",
        content_description="Computed; not edited by a person",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )


def _file(made: Segmentation, source: Source, series: Series, job: InferenceJob) -> bytes:
    """Every moment is the job's own, so that the same masks are the same object, whichever version they go with.

    Its UID is made of all the rest: one UID never stands for two contents, for example after a patient's name changed.
    """
    at = (job.finished_at or job.created_at).astimezone(UTC)
    made.SpecificCharacterSet = CHARACTERS
    made.SeriesDescription = one_value(f"Structures: {series.description}")
    made.ContentDate, made.ContentTime = da(at), tm(at)
    made.InstanceCreationDate, made.InstanceCreationTime = da(at), tm(at)
    for keyword in ("SeriesDate", "SeriesTime"):
        if keyword in made:
            delattr(made, keyword)
    organisation = _uid(source, series, "dimensions")
    made.DimensionOrganizationSequence[0].DimensionOrganizationUID = organisation
    for index in made.DimensionIndexSequence:
        index.DimensionOrganizationUID = organisation
    for equipment in made.get("ContributingEquipmentSequence", ()):
        equipment.ContributionDateTime = dt(at)
    uid = generate_uid(entropy_srcs=["dens", "seg", hashlib.sha256(file_of(made)).hexdigest()])
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = uid
    return file_of(made)


def _uid(source: Source, series: Series, what: str) -> str:
    report = source.version.report
    return str(generate_uid(entropy_srcs=["dens", "seg", what, str(report.pk), str(report.job_id), str(series.pk)]))


def _image(source: Source, series: Series, instance: SopInstance, header: InstanceHeader) -> Dataset:
    """What a segmentation copies from the image it lies on."""
    frame = header.frames[0]
    one = Dataset()
    one.SOPClassUID, one.SOPInstanceUID = instance.sop_class_uid, instance.sop_instance_uid
    one.SeriesInstanceUID, one.Modality = series.series_instance_uid, series.modality
    one.FrameOfReferenceUID, one.PositionReferenceIndicator = series.frame_of_reference_uid, ""
    one.Rows, one.Columns = header.series.rows, header.series.columns
    orientation, position, spacing = _geometry(frame)
    one.ImageOrientationPatient, one.ImagePositionPatient = _decimals(orientation), _decimals(position)
    one.PixelSpacing = _decimals(spacing)
    one.SliceThickness = f"{frame.thickness_mm or header.series.thickness_mm or 1.0:.6g}"
    put_patient_and_study(one, source.content["header"], None)
    said = source.images[0]
    one.StudyTime, one.StudyID, one.ReferringPhysicianName = said.StudyTime, said.StudyID, said.ReferringPhysicianName
    return one


def _frames_of(one: Dataset, header: InstanceHeader) -> Dataset:
    """The same of an object of many frames: its geometry in functional groups (PS3.3 C.7.6.16)."""
    measures, plane, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = one.PixelSpacing, one.SliceThickness
    plane.ImageOrientationPatient = one.ImageOrientationPatient
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [plane]
    one.SharedFunctionalGroupsSequence, one.NumberOfFrames = [shared], len(header.frames)
    places = []
    for frame in header.frames:
        position, place = Dataset(), Dataset()
        position.ImagePositionPatient = _decimals(frame.position_mm or ())
        place.PlanePositionSequence = [position]
        places.append(place)
    one.PerFrameFunctionalGroupsSequence = places
    del one.ImageOrientationPatient, one.ImagePositionPatient, one.PixelSpacing, one.SliceThickness
    return one


def _is_placed(header: InstanceHeader, frame: FrameHeader) -> bool:
    return all(_geometry(frame)) and bool(header.series.rows and header.series.columns)


def _geometry(frame: FrameHeader) -> tuple[Sequence[float], Sequence[float], Sequence[float]]:
    return frame.orientation or (), frame.position_mm or (), frame.pixel_spacing_mm or ()


def _decimals(values: Sequence[float]) -> list[str]:
    """DS has sixteen characters (PS3.5 6.2)."""
    return [f"{value:.9g}" for value in values]


def _mask(header: InstanceHeader, frame: FrameHeader, volumes: Sequence[LabelVolume]) -> NDArray[np.uint8] | None:
    """Labels by (row, column); ``None`` where no map has this slice."""
    rows, columns = header.series.rows or 0, header.series.columns or 0
    orientation, position, spacing = _geometry(frame)
    geometry = {"orientation": orientation, "position_mm": position, "spacing_mm": spacing}
    corners = pixel_to_lps_mm(
        np.array([0.0, columns - 1, 0.0, columns - 1]), np.array([0.0, 0.0, rows - 1, rows - 1]), **geometry
    )
    volume = map_of_plane(volumes, corners)
    if volume is None:
        return None
    y, x = np.meshgrid(np.arange(rows, dtype=np.float64), np.arange(columns, dtype=np.float64), indexing="ij")
    return volume.sample(pixel_to_lps_mm(x, y, **geometry))
