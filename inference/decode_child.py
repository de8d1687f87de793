"""The bounded child that decodes pixels: a JSON line with the shape or the refusal, then the voxels as float32.

Imports neither Django nor torch. Run by ``decoding_sandbox``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from inference.pixel_decoding import decode_frames
from inference.results import PipelineError
from reporting.studies.child_side import serve


def answer(path: Path) -> Iterator[bytes]:
    try:
        frames = decode_frames(path)
    except PipelineError as error:
        yield json.dumps({"refused": error.reason, "message": error.message}).encode() + b"\n"
        return
    except Exception:  # whatever damaged bytes make a decoder raise, out of memory included
        yield json.dumps({"refused": "pixels_unreadable", "message": "A decoder failed."}).encode() + b"\n"
        return
    yield json.dumps({"shape": frames.shape}).encode() + b"\n"
    yield from (frame.tobytes() for frame in frames)


if __name__ == "__main__":
    serve(answer)
