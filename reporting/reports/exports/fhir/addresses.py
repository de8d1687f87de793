"""What can be asked by FHIR's own addresses: types that are read, parameters that reports are searched by."""

from __future__ import annotations

RESOURCE_ID = r"[A-Za-z0-9\-.]{1,64}"
READABLE = {
    "DiagnosticReport": "the newest signed version of a report",
    "Observation": "one statement that a person stands behind",
    "Provenance": "who vouches for it, and what became of the machine's values",
    "Media": "R4: a slice that shows a level, by the UID of its DICOM object",
    "DocumentReference": "R5: the same",
    "Binary": "the printed report (PDF)",
    "Patient": "as the newest signed version has them",
    "Practitioner": "who signed",
    "ImagingStudy": "the study, its series by UID",
    "Device": "the algorithm, its version and the digest of its weights",
}
PARAMETERS = {
    "_id": "token",
    "identifier": "token",
    "patient": "reference",
    "patient.identifier": "token",
    "issued": "date",
}
"""And the type of each."""
PAGING = ("_count", "_offset")
