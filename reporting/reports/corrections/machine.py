"""The machine's own place of what is marked, worked out by the server: where a reader takes it as it is."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reporting.core.errors import InvalidInput
from reporting.reports.corrections.placing import Points
from reporting.reports.corrections.rules import MAX_POINTS
from reporting.reports.images.stored_label_maps import label_volumes
from reporting.reports.key_slices import label_map_digests
from reporting.reports.models import Report
from reporting.reports.viewer.outlines import outlines
from reporting.reports.viewer.series_frames import SeriesFrame
from reporting.vocabulary import LABEL_VALUES, Structure


def machine_contour(report: Report, frame: SeriesFrame, structure: Structure, number: int) -> Points:
    """The outline ``number`` (from 0) of a structure on one frame, in the order in which the viewer draws them.

    Raises :class:`InvalidInput` where the machine outlined no such thing, or finer than a mark may be.
    """
    volumes = label_volumes(label_map_digests(report.job, frame.instance.pk))
    size = frame.object.series
    found = outlines(frame.place, size.rows or 0, size.columns or 0, volumes) if volumes else {}
    lines = found.get(str(LABEL_VALUES[structure]), [])
    if not 0 <= number < len(lines):
        raise InvalidInput(_("The machine outlined nothing like this here"))
    flat = lines[number]
    points = [list(pair) for pair in zip(flat[::2], flat[1::2], strict=True)]
    if len(points) > MAX_POINTS:
        raise InvalidInput(_("This outline has more than %(n)d corners; draw it by hand") % {"n": MAX_POINTS})
    return points
