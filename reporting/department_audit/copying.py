"""Rows into a table by COPY: ten times as fast as INSERT, with the same triggers and constraints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """``rows`` hold Python values in the order of ``columns``; JSON as text, see :func:`json_text`."""
    names = ", ".join(f'"{name}"' for name in columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def copy_models(rows: Sequence[models.Model]) -> None:
    """Instances of one model, all columns but a serial key that is not set."""
    if not rows:
        return
    fields = [f for f in rows[0]._meta.concrete_fields if not (isinstance(f, models.AutoField) and rows[0].pk is None)]
    texts = {f.attname for f in fields if isinstance(f, models.JSONField)}
    names = [f.attname for f in fields]

    def values(row: models.Model) -> list[Any]:
        return [json_text(getattr(row, name)) if name in texts else getattr(row, name) for name in names]

    copy_rows(type(rows[0]), [str(f.column) for f in fields], (values(row) for row in rows))


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
