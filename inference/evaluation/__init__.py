"""How good the whole pipeline is, from DICOM files to findings, on phantoms of seeds it never met.

``conditions`` says what is simulated, ``study`` analyses one phantom and compares it with its truth, ``runner`` does
many, ``summary`` turns the records into figures with intervals over patients, ``report`` and ``model_card`` print them.
Everything here speaks of synthetic images; nothing is clinical accuracy.
"""
