"""The bounded child that decodes pixels: a JSON line with shape and type or the refusal, then the pixels as bytes.

Imports neither Django nor torch. Run by ``pixels``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from reporting.studies.child_side import serve
from reporting.studies.pixel_decoding import PixelsRefused, decode_pixels


def answer(path: Path, *, first: int = 1, last: int | None = None) -> Iterator[bytes]:
    try:
        frames = decode_pixels(path, first=first, last=last)
    except PixelsRefused as error:
        yield json.dumps({"refused": error.reason, "message": error.message}).encode() + b"\n"
        return
    except Exception:  # whatever damaged bytes make a decoder raise, out of memory included
        yield json.dumps({"refused": "pixels_unreadable", "message": "A decoder failed."}).encode() + b"\n"
        return
    yield json.dumps({"shape": [len(frames), *frames[0].shape], "dtype": frames[0].dtype.str}).encode() + b"\n"
    yield from (frame.tobytes() for frame in frames)


if __name__ == "__main__":
    serve(answer)
