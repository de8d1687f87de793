"""Times in steps that people say. A fine bin of ``kinds`` belongs to the step in which it begins."""

from __future__ import annotations

from reporting.department_audit.kinds import TIME_BINS, TIME_EDGES

STEPS = (
    (30, "< 30 s"),
    (60, "30–60 s"),
    (120, "1–2 min"),
    (300, "2–5 min"),
    (600, "5–10 min"),
    (1800, "10–30 min"),
    (3600, "30–60 min"),
    (86400, "1–24 h"),
    (float("inf"), "> 24 h"),
)
"""Upper limit in seconds and name."""


def begin_of_bin(place: int) -> float:
    return float(TIME_EDGES[place - 1]) if place else 0.0


def step_of_bin(place: int) -> int:
    begins = begin_of_bin(place)
    return next(number for number, (limit, _name) in enumerate(STEPS) if begins < limit)


def seconds_of_step(step: int) -> tuple[float, float | None]:
    """From and below (``None``: no end) which seconds a step counts. Raises :class:`ValueError` for no step."""
    if not 0 <= step < len(STEPS):
        raise ValueError(step)
    places = [place for place in range(TIME_BINS) if step_of_bin(place) == step]
    end = places[-1] + 1
    return begin_of_bin(places[0]), begin_of_bin(end) if end < TIME_BINS else None
