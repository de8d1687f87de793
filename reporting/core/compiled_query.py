"""A query that is put into SQL and planned once, and asked often.

Django makes the SQL of a query anew each time; for a row by its key that takes longer than the database needs for its
answer. Meant for what each picture of a stack asks; anything else is asked as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from reporting.core.prepared import prepared_cursor

Row = TypeVar("Row", bound=models.Model)


class Given(Expression):
    """A value of a query that is said when the question is asked: ``filter(key=Given("key", CharField()))``."""

    def __init__(self, name: str, output_field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class CompiledQuery:
    """``rows``: all of them, not a slice. ``columns``: named as in ``values``."""

    def __init__(self, rows: models.QuerySet[Any], *columns: str) -> None:
        self._using, self._columns = rows.db, columns
        self._query = rows.values_list(*columns).query
        compiler = self._query.get_compiler(self._using)
        try:
            sql, self._parameters = compiler.as_sql()
        except EmptyResultSet:  # conditions that no row can meet, as those of a role that may see nothing
            self._sql = ""
            return
        self._sql = f"{sql} LIMIT %s OFFSET %s"
        self._converters = compiler.get_converters(column for column, *_rest in compiler.select)

    def first(self, **given: Any) -> dict[str, Any] | None:
        """The first row by column, or none. ``given``: the value of each :class:`Given`."""
        return next(iter(self.part(1, 0, given)), None)

    def part(self, limit: int, offset: int, given: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Up to ``limit`` rows by column."""
        if not self._sql:
            return []
        values = [given[one.name] if isinstance(one, Given) else one for one in self._parameters]
        with prepared_cursor(self._using) as cursor:
            cursor.execute(self._sql, [*values, limit, offset])
            rows = cursor.fetchall()
        if self._converters:
            rows = self._query.get_compiler(self._using).apply_converters(rows, self._converters)
        return [dict(zip(self._columns, row, strict=True)) for row in rows]


def row_of(model: type[Row], values: Mapping[str, Any]) -> Row:
    """The row of a model that was found; a column that was not asked for is fetched when it is used."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db(DEFAULT_DB_ALIAS, names, [values[name] for name in names])
