"""Asking a worker for images, an analysis or a package. A message may be lost: the row is the order, the clock asks."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from reporting.core.knock import knock

COPY_IMAGES = "reporting.copy_case_images"
ANALYSE = "reporting.analyse_reader_studies"
PACKAGE = "reporting.package_reader_studies"


def announce_copying_on_commit() -> None:
    transaction.on_commit(announce_copying, robust=True)


def announce_analysis_on_commit() -> None:
    transaction.on_commit(partial(knock, ANALYSE), robust=True)


def announce_packaging_on_commit() -> None:
    transaction.on_commit(partial(knock, PACKAGE), robust=True)


def announce_copying() -> None:
    knock(COPY_IMAGES)
