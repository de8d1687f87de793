"""The DICOM listener: peers store objects with us over the DICOM upper layer protocol (PS3.8)."""
