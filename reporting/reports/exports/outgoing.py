"""What the outbox sends: a report version as the object that a destination asked for. Verified first, as ever."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _

from reporting.core.errors import WrongState
from reporting.outbound.dicom_store import store_object
from reporting.outbound.models import Delivery, Form
from reporting.reports.exports.dicom.encapsulated_pdf import encapsulated_pdf
from reporting.reports.exports.dicom.source import source_of
from reporting.reports.exports.dicom.structured_report import structured_report
from reporting.reports.exports.document import document_of
from reporting.reports.exports.pdf import pdf_of
from reporting.reports.models import ReportVersion
from reporting.reports.signing import version_fault


def send_delivery(delivery: Delivery) -> str:
    """Make and send it; the digest of what was accepted. Raises ``NotSent`` or a ``DomainError``."""
    version = ReportVersion.objects.select_related("report__study__patient", "signature").get(pk=delivery.subject)
    content = object_of(version, Form(delivery.form))
    store_object(content, delivery.destination)
    return hashlib.sha256(content).hexdigest()


def object_of(version: ReportVersion, form: Form) -> bytes:
    """The DICOM file; the same bytes each time. Raises :class:`WrongState` for what no longer verifies."""
    for each in version.report.versions.filter(number__lte=version.number).select_related("signature", "report"):
        if version_fault(each) is not None:
            raise WrongState(_("This report does not verify and is not handed out. Tell the administrator."))
    source = source_of(version)
    if not source.images:
        raise WrongState(_("The study has no image that a DICOM report could refer to"))
    if form is Form.DICOM_SR:
        return structured_report(source)
    return encapsulated_pdf(source, pdf_of(document_of(version)))
