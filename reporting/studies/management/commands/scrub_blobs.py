"""``manage.py scrub_blobs``: read every stored file and compare it with its digest; every row with its file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from reporting.studies.blobs import BlobDamaged, blob_path, kept_digests, sweep_incoming, verified_path


class Command(BaseCommand):
    help = "Verify every stored file against its digest and name exactly those that are damaged or missing"

    def handle(self, *args: Any, **options: Any) -> None:
        rows: dict[str, list[str]] = {}
        for model in _models_with_blobs():
            for key, digest in model._default_manager.values_list("pk", "sha256").iterator():
                rows.setdefault(digest, []).append(f"{model._meta.label} {key}")
        kept = set(kept_digests())
        bad = [digest for digest in sorted(kept | rows.keys()) if not self._is_whole(digest, rows.get(digest, []))]
        swept = sweep_incoming()
        unused = len(kept - rows.keys())
        self.stdout.write(f"{len(kept)} files verified, {unused} without a row, {swept} abandoned uploads removed")
        if bad:
            raise CommandError(f"{len(bad)} files are damaged or missing", returncode=1)

    def _is_whole(self, digest: str, owners: list[str]) -> bool:
        try:
            verified_path(digest)
        except BlobDamaged:
            state = "damaged" if blob_path(digest).exists() else "missing"
            self.stdout.write(f"{state} {digest} {', '.join(owners) or 'no row'}")
            return False
        return True


def _models_with_blobs() -> Iterator[type[Model]]:
    """Every table whose rows point at a stored file: they have its digest and its size."""
    for model in apps.get_models():
        if {"sha256", "size_bytes"} <= {field.name for field in model._meta.get_fields()}:
            yield model
