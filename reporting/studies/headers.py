"""DICOM header → frozen dataclasses, lenient in: a bad value becomes ``None`` or empty, never an exception.

Classic MR and Enhanced multi-frame MR (PS3.3 C.8.13, functional groups C.7.6.16) give the same fields. Lengths are
millimetres, times milliseconds, points and directions patient coordinates (LPS). Nothing here decides anything; the
geometry checks that refuse are in ``inference.volume_reading`` and the choice of role in ``series_roles``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

import pydicom.config
from pydicom.dataset import Dataset
from pydicom.uid import MRSpectroscopyStorage, SegmentationStorage

from reporting.studies.dicom_gate import Checked
from reporting.studies.header_values import (
    age_in_years,
    as_date,
    as_float,
    as_floats,
    as_int,
    as_text,
    as_texts,
    first_item,
    is_there,
)

# They have rows and columns, and some pixels, but nothing that somebody would read as an image.
_LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"  # pydicom 3.0.2 does not name it
_NO_PICTURES = (MRSpectroscopyStorage, SegmentationStorage, _LABEL_MAP_SEGMENTATION)


@dataclass(frozen=True)
class PatientHeader:
    """Patient module. Text is decoded with the object's own SpecificCharacterSet."""

    patient_id: str = ""
    issuer: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    sex: str = ""


@dataclass(frozen=True)
class StudyHeader:
    study_instance_uid: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_date: date | None = None
    study_time: str = ""
    description: str = ""
    referring_physician: str = ""
    indication: str = ""  # why it was asked for, a reason a line
    age_at_examination: float | None = None  # years; from PatientAge, else from birth and study date


@dataclass(frozen=True)
class SeriesHeader:
    """What one object says about its series: identity, pulse sequence, contrast, scanner."""

    series_instance_uid: str = ""
    series_number: int | None = None
    modality: str = ""
    description: str = ""
    protocol_name: str = ""
    body_part: str = ""
    frame_of_reference_uid: str = ""
    patient_position: str = ""
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()  # classic codes; Enhanced MR is translated to SE, GR, EP, IR
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    sequence_name: str = ""
    acquisition_type: str = ""
    acquisition_contrast: str = ""
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    echo_train_length: int | None = None
    b_value: float | None = None
    fat_suppressed: bool | None = None  # None: the header does not say
    contrast_agent: str = ""
    thickness_mm: float | None = None
    slice_spacing_mm: float | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    rows: int | None = None
    columns: int | None = None
    fov_mm: tuple[float, float] | None = None  # (rows, columns) direction: matrix × pixel spacing
    acquisition_matrix: tuple[int, ...] = ()
    manufacturer: str = ""
    model: str = ""
    field_strength_t: float | None = None
    echo_numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class FrameHeader:
    """Place of one frame. ``orientation``: row then column direction cosines as stored; ``None`` where absent."""

    orientation: tuple[float, ...] | None = None
    position_mm: tuple[float, float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    thickness_mm: float | None = None
    frame_number: int | None = None  # 1-based in multi-frame objects, None in classic ones
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    b_value: float | None = None
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    temporal_position: int | None = None
    window: tuple[float, float] | None = None  # centre and width, of rescaled values; the first where there are several


@dataclass(frozen=True)
class InstanceHeader:
    """One SOP Instance, with what it says of its patient, study and series."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    instance_number: int | None
    number_of_frames: int
    bits_allocated: int | None
    samples_per_pixel: int | None
    photometric_interpretation: str
    has_pixels: bool  # a picture to look at
    patient: PatientHeader
    study: StudyHeader
    series: SeriesHeader
    frames: tuple[FrameHeader, ...]
    bits_stored: int | None = None
    is_signed: bool = False
    pixels_at: int | None = None  # where native little-endian pixels begin in the file: see ``dicom_gate.Checked``


def read_instance_header(dataset: Dataset, checked: Checked | None = None) -> InstanceHeader:
    """Read the header of one object; never raises for what is missing or malformed.

    ``checked``: what the gate saw of its file; without it the data set brings its own file meta information.
    """
    with pydicom.config.disable_value_validation():
        frames = tuple(_frames(dataset))
        first = frames[0] if frames else FrameHeader()
        meta = getattr(dataset, "file_meta", None) or Dataset()
        sop_class_uid = as_text(dataset, "SOPClassUID")
        return InstanceHeader(
            sop_instance_uid=as_text(dataset, "SOPInstanceUID"),
            sop_class_uid=sop_class_uid,
            transfer_syntax_uid=checked.transfer_syntax_uid if checked else as_text(meta, "TransferSyntaxUID"),
            instance_number=as_int(dataset, "InstanceNumber"),
            number_of_frames=max(1, as_int(dataset, "NumberOfFrames") or 1),
            bits_allocated=as_int(dataset, "BitsAllocated"),
            samples_per_pixel=as_int(dataset, "SamplesPerPixel"),
            photometric_interpretation=as_text(dataset, "PhotometricInterpretation"),
            has_pixels=sop_class_uid not in _NO_PICTURES
            and (is_there(dataset, "PixelData") or (as_int(dataset, "Rows") or 0) > 0),
            patient=_patient(dataset),
            study=_study(dataset),
            series=_series(dataset, first),
            frames=frames,
            bits_stored=as_int(dataset, "BitsStored"),
            is_signed=as_int(dataset, "PixelRepresentation") == 1,
            pixels_at=checked.pixels_at if checked else None,
        )


def _patient(dataset: Dataset) -> PatientHeader:
    return PatientHeader(
        patient_id=as_text(dataset, "PatientID"),
        issuer=as_text(dataset, "IssuerOfPatientID"),
        patient_name=as_text(dataset, "PatientName"),
        birth_date=as_date(dataset, "PatientBirthDate"),
        sex=as_text(dataset, "PatientSex").upper(),
    )


def _study(dataset: Dataset) -> StudyHeader:
    request = first_item(dataset, "RequestAttributesSequence")
    return StudyHeader(
        study_instance_uid=as_text(dataset, "StudyInstanceUID"),
        accession_number=as_text(dataset, "AccessionNumber"),
        study_id=as_text(dataset, "StudyID"),
        study_date=as_date(dataset, "StudyDate"),
        study_time=as_text(dataset, "StudyTime"),
        description=as_text(dataset, "StudyDescription") or as_text(request, "RequestedProcedureDescription"),
        referring_physician=as_text(dataset, "ReferringPhysicianName"),
        indication=_indication(dataset, request),
        age_at_examination=age_in_years(
            as_text(dataset, "PatientAge"),
            as_date(dataset, "PatientBirthDate"),
            as_date(dataset, "StudyDate"),
        ),
    )


def _indication(dataset: Dataset, request: Dataset | None) -> str:
    """Why it was asked for: reasons of the request (PS3.3 10.6), the study and the visit, the diagnosis; each once."""
    coded = first_item(request, "ReasonForRequestedProcedureCodeSequence")
    said = (
        as_text(request, "ReasonForTheRequestedProcedure") or as_text(coded, "CodeMeaning"),
        as_text(dataset, "ReasonForStudy"),
        as_text(dataset, "ReasonForVisit"),
        as_text(dataset, "AdmittingDiagnosesDescription"),
    )
    return "\n".join(dict.fromkeys(reason for reason in said if reason))


def _series(dataset: Dataset, frame: FrameHeader) -> SeriesHeader:
    rows, columns = as_int(dataset, "Rows"), as_int(dataset, "Columns")
    spacing = frame.pixel_spacing_mm
    header = SeriesHeader(
        series_instance_uid=as_text(dataset, "SeriesInstanceUID"),
        series_number=as_int(dataset, "SeriesNumber"),
        modality=as_text(dataset, "Modality").upper(),
        description=as_text(dataset, "SeriesDescription"),
        protocol_name=as_text(dataset, "ProtocolName"),
        body_part=as_text(dataset, "BodyPartExamined"),
        frame_of_reference_uid=as_text(dataset, "FrameOfReferenceUID"),
        patient_position=as_text(dataset, "PatientPosition"),
        image_type=as_texts(dataset, "ImageType"),
        scanning_sequence=as_texts(dataset, "ScanningSequence"),
        sequence_variant=as_texts(dataset, "SequenceVariant"),
        scan_options=as_texts(dataset, "ScanOptions"),
        sequence_name=as_text(dataset, "SequenceName") or as_text(dataset, "PulseSequenceName"),
        acquisition_type=as_text(dataset, "MRAcquisitionType"),
        acquisition_contrast=as_text(dataset, "AcquisitionContrast").upper(),
        repetition_time_ms=frame.repetition_time_ms,
        echo_time_ms=frame.echo_time_ms,
        inversion_time_ms=as_float(dataset, "InversionTime"),
        flip_angle_deg=as_float(dataset, "FlipAngle"),
        echo_train_length=as_int(dataset, "EchoTrainLength"),
        b_value=frame.b_value,
        contrast_agent=_contrast_agent(dataset),
        thickness_mm=frame.thickness_mm,
        slice_spacing_mm=as_float(dataset, "SpacingBetweenSlices"),
        pixel_spacing_mm=spacing,
        rows=rows,
        columns=columns,
        fov_mm=(rows * spacing[0], columns * spacing[1]) if rows and columns and spacing else None,
        acquisition_matrix=tuple(int(v) for v in as_floats(dataset, "AcquisitionMatrix") if math.isfinite(v)),
        manufacturer=as_text(dataset, "Manufacturer"),
        model=as_text(dataset, "ManufacturerModelName"),
        field_strength_t=_tesla(as_float(dataset, "MagneticFieldStrength")),
        echo_numbers=tuple(int(v) for v in as_floats(dataset, "EchoNumbers") if math.isfinite(v)),
    )
    return _with_fat_suppression(_with_enhanced(header, dataset), dataset)


def _with_enhanced(header: SeriesHeader, dataset: Dataset) -> SeriesHeader:
    """Fill the classic fields from the Enhanced MR pulse sequence and timing groups, where those exist."""
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    frame = first_item(dataset, "PerFrameFunctionalGroupsSequence")
    if shared is None and frame is None:
        return header
    timing = _group(shared, frame, "MRTimingAndRelatedParametersSequence")
    modifier = _group(shared, frame, "MRModifierSequence")
    frame_type = _group(shared, frame, "MRImageFrameTypeSequence")
    codes = list(header.scanning_sequence)
    echo = as_text(dataset, "EchoPulseSequence").upper()
    codes += {"SPIN": ["SE"], "GRADIENT": ["GR"], "BOTH": ["SE", "GR"]}.get(echo, [])
    if as_text(dataset, "EchoPlanarPulseSequence").upper() == "YES":
        codes.append("EP")
    if as_text(modifier, "InversionRecovery").upper() == "YES":
        codes.append("IR")
    inversion_times = as_floats(modifier, "InversionTimes")
    return replace(
        header,
        scanning_sequence=tuple(dict.fromkeys(codes)),
        image_type=tuple(dict.fromkeys(header.image_type + as_texts(frame_type, "FrameType"))),
        acquisition_contrast=header.acquisition_contrast or as_text(frame_type, "AcquisitionContrast").upper(),
        flip_angle_deg=header.flip_angle_deg or as_float(timing, "FlipAngle"),
        echo_train_length=header.echo_train_length or as_int(timing, "EchoTrainLength"),
        inversion_time_ms=header.inversion_time_ms or (inversion_times[0] if inversion_times else None),
        scan_options=header.scan_options + as_texts(modifier, "SpectrallySelectedSuppression"),
    )


FAT_SUPPRESSION_OPTIONS = frozenset({"FS", "FAT", "FATSAT", "FAT_SAT", "FSA", "SFS", "SPAIR", "SPIR", "CHEMSAT"})


def _with_fat_suppression(header: SeriesHeader, dataset: Dataset) -> SeriesHeader:
    options = {option.upper().replace(" ", "_") for option in header.scan_options}
    short_inversion = header.inversion_time_ms is not None and 80 <= header.inversion_time_ms <= 300
    if options & FAT_SUPPRESSION_OPTIONS or any("FAT_SAT" in option for option in options):
        return replace(header, fat_suppressed=True)
    if short_inversion and "IR" in header.scanning_sequence:
        return replace(header, fat_suppressed=True)
    said = is_there(dataset, "ScanOptions") or bool(header.scan_options)
    return replace(header, fat_suppressed=False if said else None)


def _contrast_agent(dataset: Dataset) -> str:
    """The agent's name, or "" when none was given; some scanners write "NONE" or "0"."""
    agent = as_text(dataset, "ContrastBolusAgent")
    if agent.strip().upper() in {"", "NO", "NONE", "0", "N/A", "NIL", "PLAIN"}:
        agent = ""
    if not agent and first_item(dataset, "ContrastBolusAgentSequence") is not None:
        agent = "coded agent"
    if not agent and (as_float(dataset, "ContrastBolusVolume") or 0.0) > 0.0:
        agent = "agent by volume"
    return agent


def _tesla(value: float | None) -> float | None:
    """Some scanners write gauss."""
    return value / 10_000 if value is not None and value > 100 else value


def _group(shared: Dataset | None, frame: Dataset | None, keyword: str) -> Dataset | None:
    """One functional group's item: the frame's own wins over the shared one."""
    for owner in (frame, shared):
        item = first_item(owner, keyword)
        if item is not None:
            return item
    return None


def _frames(dataset: Dataset) -> Iterator[FrameHeader]:
    count = max(1, as_int(dataset, "NumberOfFrames") or 1)
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    if shared is None and not per_frame:
        yield _frame(
            dataset,
            dataset,
            dataset,
            dataset,
            dataset,
            dataset,
            None if count == 1 else 1,
            window=dataset,
        )
        return
    for number, item in enumerate(islice(per_frame, count), start=1):  # a file may list a hundred thousand more
        yield _frame(
            _group(shared, item, "PlaneOrientationSequence"),
            _group(shared, item, "PlanePositionSequence"),
            _group(shared, item, "PixelMeasuresSequence"),
            _group(shared, item, "MRTimingAndRelatedParametersSequence"),
            _group(shared, item, "MREchoSequence"),
            _group(shared, item, "PixelValueTransformationSequence") or dataset,
            number,
            diffusion=_group(shared, item, "MRDiffusionSequence"),
            content=_group(shared, item, "FrameContentSequence"),
            window=_group(shared, item, "FrameVOILUTSequence") or dataset,
        )


def _frame(
    orientation: Dataset | None,
    position: Dataset | None,
    measures: Dataset | None,
    timing: Dataset | None,
    echo: Dataset | None,
    rescale: Dataset | None,
    number: int | None,
    *,
    diffusion: Dataset | None = None,
    content: Dataset | None = None,
    window: Dataset | None = None,
) -> FrameHeader:
    cosines = as_floats(orientation, "ImageOrientationPatient")
    point = as_floats(position, "ImagePositionPatient")
    spacing = as_floats(measures, "PixelSpacing")
    slope = as_float(rescale, "RescaleSlope")
    intercept = as_float(rescale, "RescaleIntercept")
    b_value = as_float(diffusion if diffusion is not None else timing, "DiffusionBValue")
    return FrameHeader(
        orientation=cosines if len(cosines) == 6 else None,
        position_mm=(point[0], point[1], point[2]) if len(point) == 3 else None,
        pixel_spacing_mm=(spacing[0], spacing[1]) if len(spacing) == 2 else None,
        thickness_mm=as_float(measures, "SliceThickness"),
        frame_number=number,
        repetition_time_ms=as_float(timing, "RepetitionTime"),
        echo_time_ms=as_float(echo, "EffectiveEchoTime") or as_float(echo, "EchoTime"),
        b_value=b_value,
        rescale_slope=slope if slope else 1.0,
        rescale_intercept=intercept if intercept is not None else 0.0,
        temporal_position=as_int(content, "TemporalPositionIndex")
        if content is not None
        else as_int(timing, "TemporalPositionIdentifier"),
        window=_window(window),
    )


def _window(dataset: Dataset | None) -> tuple[float, float] | None:
    center, width = as_float(dataset, "WindowCenter"), as_float(dataset, "WindowWidth")
    return (center, width) if center is not None and width is not None and width > 0 else None
