"""What the listener accepts: SOP classes, and the transfer syntaxes that the ingest gate lets through."""

from __future__ import annotations

from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (
    BasicTextSRStorage,
    ColorSoftcopyPresentationStateStorage,
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    EnhancedSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    LabelMapSegmentationStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
    MRSpectroscopyStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameSingleBitSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    RealWorldValueMappingStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    StorageCommitmentPushModel,
    Verification,
)

from reporting.dicom_network.listener.completion import COMPLETION_CLASSES
from reporting.studies.dicom_gate import ENCAPSULATED_SYNTAXES, NATIVE_SYNTAXES

STORED_CLASSES: tuple[UID, ...] = (
    MRImageStorage,
    EnhancedMRImageStorage,
    EnhancedMRColorImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRSpectroscopyStorage,  # kept with its study; it has no image to read
    SecondaryCaptureImageStorage,
    MultiFrameSingleBitSecondaryCaptureImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    # What an archive sends along with an earlier study; kept with it, and a study came whole only with them.
    BasicTextSRStorage,
    EnhancedSRStorage,
    ComprehensiveSRStorage,
    Comprehensive3DSRStorage,
    KeyObjectSelectionDocumentStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    ColorSoftcopyPresentationStateStorage,
    SegmentationStorage,
    LabelMapSegmentationStorage,
    RealWorldValueMappingStorage,
    EncapsulatedPDFStorage,
)

# A peer that offers several gets the first of these: uncompressed first, so that nobody has to decode.
_PREFERRED = (ExplicitVRLittleEndian, "1.2.840.10008.1.2")
STORED_SYNTAXES: tuple[str, ...] = (
    *_PREFERRED,
    *sorted((NATIVE_SYNTAXES | ENCAPSULATED_SYNTAXES) - set(_PREFERRED)),
)
PLAIN_SYNTAXES: tuple[str, ...] = _PREFERRED


def supported_contexts() -> list[PresentationContext]:
    """Fresh objects for one association: negotiation writes into them."""
    return [
        build_context(Verification, list(PLAIN_SYNTAXES)),
        build_context(StorageCommitmentPushModel, list(PLAIN_SYNTAXES)),
        *(build_context(uid, list(PLAIN_SYNTAXES)) for uid in COMPLETION_CLASSES),
        *(build_context(uid, list(STORED_SYNTAXES)) for uid in STORED_CLASSES),
    ]
