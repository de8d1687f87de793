"""Stored label maps as volumes: the one reader of their bytes for pictures, outlines and marks."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from reporting.core.errors import DomainError
from reporting.reports.images.label_volume import LabelVolume, NotALabelMap, read_label_volume
from reporting.studies.blobs import open_blob


class OutlinesUnreadable(DomainError):
    """The stored label map cannot be read; the images can be shown without it."""

    code = "outlines_unreadable"
    http_status = 422


def label_volumes(digests: Iterable[str]) -> list[LabelVolume]:
    """In the order of ``digests``. Raises :class:`OutlinesUnreadable`, or ``BlobDamaged`` for bytes that are gone."""
    volumes = []
    for digest in digests:
        with open_blob(digest) as file:
            try:
                volumes.append(read_label_volume(file.read()))
            except NotALabelMap as error:
                raise OutlinesUnreadable(_("The stored outlines cannot be read")) from error
    return volumes
