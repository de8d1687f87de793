"""What the outbox sends: a report version in the form that a destination asked for. Verified first, as ever."""

from __future__ import annotations

import hashlib
from typing import assert_never

from django.utils.translation import gettext as _
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    KeyObjectSelectionDocumentStorage,
    SegmentationStorage,
)

from reporting.core.errors import WrongState
from reporting.core.hl7_text import Charset
from reporting.outbound.dicom_store import store_object
from reporting.outbound.fhir_push import push
from reporting.outbound.mllp_send import send_message
from reporting.outbound.models import WHOLE_STATE, Delivery, Destination, Form
from reporting.outbound.receivers import NothingToSend, NotSent
from reporting.reports.exports.dicom.encapsulated_pdf import encapsulated_pdf
from reporting.reports.exports.dicom.key_objects import key_objects
from reporting.reports.exports.dicom.segmentation import segmentations
from reporting.reports.exports.dicom.source import source_of
from reporting.reports.exports.dicom.structured_report import structured_report
from reporting.reports.exports.document import document_of
from reporting.reports.exports.fhir import Release, transaction_of
from reporting.reports.exports.hl7 import hl7_of
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.exports.standing import require_verified
from reporting.reports.models import ReportVersion
from reporting.reports.states import TAKEN_BACK

SOP_CLASSES: dict[Form, UID] = {
    Form.DICOM_SR: Comprehensive3DSRStorage,
    Form.DICOM_PDF: EncapsulatedPDFStorage,
    Form.DICOM_SEG: SegmentationStorage,
    Form.DICOM_KEY: KeyObjectSelectionDocumentStorage,
}
"""What an archive must take for each form."""


def send_delivery(delivery: Delivery) -> str:
    """Make and send it; the digest of what was accepted. Raises ``NotSent``, ``NothingToSend`` or a ``DomainError``."""
    version = ReportVersion.objects.select_related("report__study__patient", "signature").get(pk=delivery.subject)
    form, destination = Form(delivery.form), delivery.destination
    if form not in WHOLE_STATE and version.report.status in TAKEN_BACK:
        raise NotSent("withdrawn", for_good=True)
    contents = contents_of(version, form, destination)
    if not contents:
        raise NothingToSend
    for content in contents:
        match form:
            case Form.DICOM_SR | Form.DICOM_PDF | Form.DICOM_SEG | Form.DICOM_KEY:
                store_object(content, destination)
            case Form.HL7_ORU:
                send_message(content, destination)
            case Form.FHIR_R4 | Form.FHIR_R5:
                push(content, form, destination)
            case _:
                assert_never(form)
    return hashlib.sha256(b"".join(contents)).hexdigest()


def contents_of(version: ReportVersion, form: Form, destination: Destination) -> list[bytes]:
    """What is sent there; the same bytes each time. Of a study without masks or key images those are none.

    Raises :class:`WrongState` for what no longer verifies.
    """
    require_verified(version)
    match form:
        case Form.HL7_ORU:
            receiver = (destination.application, destination.facility)
            charset = Charset(destination.charset)
            return [hl7_of(version, charset=charset, languages=destination.languages, receiver=receiver)]
        case Form.FHIR_R4:
            return [transaction_of(version, Release.R4)]
        case Form.FHIR_R5:
            return [transaction_of(version, Release.R5)]
        case Form.DICOM_SR | Form.DICOM_PDF | Form.DICOM_SEG | Form.DICOM_KEY:
            return objects_of(version, form)
        case _:
            assert_never(form)


def objects_of(version: ReportVersion, form: Form) -> list[bytes]:
    """The DICOM files. Raises :class:`WrongState` without an image to refer to."""
    source = source_of(version)
    if not source.images:
        raise WrongState(_("The study has no image that a DICOM report could refer to"))
    match form:
        case Form.DICOM_SR:
            return [structured_report(source)]
        case Form.DICOM_SEG:
            return segmentations(source)
        case Form.DICOM_KEY:
            return [made for made in [key_objects(source)] if made is not None]
        case _:
            return [encapsulated_pdf(source, pdf_of(document_of(version)))]
