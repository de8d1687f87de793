"""Which side of a training set a patient is on: drawn from a key, so the same in every later export. Pure."""

from __future__ import annotations

import hashlib
import hmac

SIDES = ("train", "validation", "test")
_TRAIN, _VALIDATION = 0.8, 0.1


def side_of(patient: str, *, master: str, seed: int) -> str:
    """``patient``: as pseudonyms are drawn from. Other patients, purposes and the time of the export do not matter."""
    digest = hmac.new(master.encode(), f"split:{seed}:{patient}".encode(), hashlib.sha256).digest()
    drawn = int.from_bytes(digest[:8], "big") / 2**64
    if drawn < _TRAIN:
        return "train"
    return "validation" if drawn < _TRAIN + _VALIDATION else "test"
