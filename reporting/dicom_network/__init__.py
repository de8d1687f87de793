"""How other programs speak DICOM with us: DICOMweb (PS3.18)."""
