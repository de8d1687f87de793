"""DICOM objects without the people in them: PS3.15 Basic Application Level Confidentiality Profile, in one place.

Pure functions on pydicom datasets: no Django, no database, no files. What is kept is a list; everything else goes.
docs/deidentification.md says what the profile's options are and what is withheld.
"""
