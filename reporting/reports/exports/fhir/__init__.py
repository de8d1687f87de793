"""A report version as HL7 FHIR R4 (4.0.1) or R5 (5.0.0): one Bundle with everything it refers to."""

from reporting.reports.exports.fhir.bundle import bundle_of, fhir_of, pdf_named, transaction_of
from reporting.reports.exports.fhir.releases import Release

__all__ = ["Release", "bundle_of", "fhir_of", "pdf_named", "transaction_of"]
