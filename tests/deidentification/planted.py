"""An MR object with an identifier planted in every place that can hold one, and a crawler that looks for them."""

from __future__ import annotations

import io

import numpy as np
from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from tests.inference.dicom_series import SAGITTAL, new_object

STUDY = "1.2.826.0.1.3680043.2.1125.777000111222"
NAME = "张三丰"
WORD = "ZHANGSANFENG"
NUMBER = "13800138000"
UID = "1.2.156.112605.20231234.998877"
DATE = "19570313"
_TEXT_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT", "UR"})
_LIMITS = {"AE": 16, "CS": 16, "SH": 16}
GROUPS_OF_FILES = (0x0000, 0x0002, 0x0004)  # the gate lets no object with these in its body through


def planted() -> FileDataset:
    """Every public attribute of the dictionary that is no geometry or pixel gets an identifier of its type."""
    dataset = new_object()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = STUDY, UID + ".1", UID + ".2"
    dataset.InstanceNumber, dataset.PixelSpacing, dataset.SliceThickness = 1, [0.5, 0.5], 3.5
    dataset.ImageOrientationPatient, dataset.ImagePositionPatient = list(SAGITTAL), [4.0, -40.0, 60.0]
    dataset.RepetitionTime, dataset.EchoTime, dataset.ScanningSequence = 3000.0, 100.0, "SE"
    dataset.Rows, dataset.Columns, dataset.PixelData = 8, 10, np.arange(80, dtype=np.uint16).tobytes()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    keep = set(dataset.keys())
    for tag in DicomDictionary:
        if tag >> 16 in GROUPS_OF_FILES or tag in keep or tag >> 16 in (0x7FE0, 0x5400, 0x5000, 0x6000):
            continue
        element = _element(tag)
        if element is not None:
            dataset.add(element)
    for gone in ("BurnedInAnnotation", "RecognizableVisualFeatures", "ConversionType", "NumberOfFrames"):
        if gone in dataset:
            delattr(dataset, gone)
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = f"{WORD}=Zhang={NAME}", NUMBER, DATE
    dataset.StudyDate, dataset.StudyTime = DATE, "112233"
    block = dataset.private_block(0x0019, f"VENDOR {WORD}", create=True)
    block.add_new(0x01, "LO", NAME)
    block.add_new(0x02, "OB", WORD.encode())
    inner = Dataset()
    inner.PatientName, inner.PatientID, inner.InstitutionName = NAME, NUMBER, WORD
    inner.SpecificCharacterSet = "ISO_IR 192"
    inner.private_block(0x0021, WORD, create=True).add_new(0x01, "LO", WORD)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", UID
    reference.PurposeOfReferenceCodeSequence = Sequence([_code()])
    reference.RequestAttributesSequence = Sequence([inner])
    dataset.ReferencedImageSequence = Sequence([reference])
    dataset.SourceImageSequence = Sequence([reference])
    dataset.IconImageSequence = Sequence([inner])
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60003000, "OW", WORD.encode())
    dataset.add_new(0x50003000, "OW", WORD.encode())
    dataset.preamble = WORD.encode().ljust(128, b"\0")
    dataset.file_meta.SourceApplicationEntityTitle = WORD
    dataset.file_meta.PrivateInformationCreatorUID = UID
    dataset.file_meta.PrivateInformation = NAME.encode() + b"\0"
    dataset.PixelData += WORD.encode()  # after the pixels
    return dataset


def _code() -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = WORD, "99LOCAL", NAME
    return code


def _element(tag: int) -> DataElement | None:
    vr = dictionary_VR(tag)
    value: object
    if vr in _TEXT_VRS:
        value = WORD[: _LIMITS.get(vr, 64)]
    elif vr in ("DA", "DT"):
        value = DATE
    elif vr in ("DS", "IS"):
        return None if vr == "IS" else DataElement(tag, vr, NUMBER)
    elif vr == "UI":
        value = UID
    elif vr in ("OB", "OW", "UN"):
        value = WORD.encode()
    elif vr == "SQ":
        item = Dataset()
        item.PatientName, item.CodeMeaning, item.TextValue = WORD, WORD, WORD
        item.UID = UID
        value = Sequence([item])
    else:
        return None
    return DataElement(Tag(tag), vr, value)


def as_bytes(dataset: FileDataset) -> bytes:
    into = io.BytesIO()
    dataset.save_as(into)
    return into.getvalue()


NEEDLES = {
    "word": WORD.encode(),
    "name in UTF-8": NAME.encode(),
    "number": NUMBER.encode(),
    "uid": UID.encode(),
    "study uid": STUDY.encode(),
    "date": DATE.encode(),
    "time": b"112233",
}


def found_in(content: bytes) -> set[str]:
    """Which planted strings stand anywhere in these bytes, in any case and with or without zero bytes between."""
    folded = content.upper()
    return {
        name
        for name, needle in NEEDLES.items()
        if needle.upper() in folded or needle.decode().encode("utf-16-le") in content
    }
