"""What the page of a chart may do more than others: plotly.js places its drawing with style attributes and two style
elements of known text. No script is allowed that is not a file of ours, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpResponse

# The style elements of plotly.js 4.1.1: an empty one, which rules are put into by program, and one of a fixed text.
_EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
_FIXED = "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"

_View = Callable[..., HttpResponse]


def draws_charts(view: _View) -> _View:
    policy = {"style-src-elem": [SELF, _EMPTY, _FIXED], "style-src-attr": [UNSAFE_INLINE]}
    return cast(_View, csp_update(policy)(view))
