"""A report version as HL7 FHIR R4 (4.0.1): one Bundle with everything it refers to."""

from reporting.reports.exports.fhir.bundle import fhir_of

__all__ = ["fhir_of"]
