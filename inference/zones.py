"""Where across the disc a herniation lies: the one rule shared by the phantom's truth and by the measurement."""

from __future__ import annotations

from reporting.vocabulary import Zone

# Upper bounds, as fractions of half the canal width from the midline. Half the canal width is half the widest
# left-right extent of the thecal sac (cord included) at that level, where nothing indents it.
CENTRAL_BELOW = 0.25
PARACENTRAL_UP_TO = 1.0
FORAMINAL_UP_TO = 1.6  # about the pedicle's outer edge


def zone_of(fraction: float) -> Zone:
    """The zone of a herniation whose apex lies ``fraction`` half canal widths from the midline (sign is ignored)."""
    distance = abs(fraction)
    if distance < CENTRAL_BELOW:
        return Zone.CENTRAL
    if distance <= PARACENTRAL_UP_TO:
        return Zone.PARACENTRAL
    return Zone.FORAMINAL if distance <= FORAMINAL_UP_TO else Zone.EXTRAFORAMINAL
