"""One part of a body, as ``Range: bytes=…`` asks for it (RFC 9110, section 14)."""

from __future__ import annotations

import re

from django.http import HttpResponse

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def in_range(response: HttpResponse, asked: str | None) -> HttpResponse:
    """``response`` cut to the range asked for (206), as it is without one, or 416 when it lies outside.

    Several ranges at once, other units and nonsense are ignored, as the standard allows.
    """
    response["Accept-Ranges"] = "bytes"
    match = _ONE_RANGE.fullmatch((asked or "").strip())
    if match is None or match.groups() == ("", ""):
        return response
    whole = response.content
    first, last = match.groups()
    if not first:  # the last n bytes
        start, end = max(0, len(whole) - int(last)), len(whole) - 1
    else:
        start, end = int(first), min(int(last), len(whole) - 1) if last else len(whole) - 1
        if last and int(last) < start:
            return response
    if start >= len(whole) or (not first and int(last) == 0):
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(whole)}"})
    response.status_code = 206
    response.content = whole[start : end + 1]
    response["Content-Range"] = f"bytes {start}-{end}/{len(whole)}"
    return response
