"""A signed version as DICOM objects: structured report and encapsulated PDF. The same version gives the same bytes."""
