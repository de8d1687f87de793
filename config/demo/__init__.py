"""``make demo``: the whole main job on this machine, from synthetic DICOM to a pre-filled report."""
