"""What a statistic of the catalogue asks for, and what it was given: every value checked before anything is counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from reporting.statistics.arrays import Bools, Floats, Ints
from reporting.statistics.catalogue.columns import Codes, InputError, read_columns
from reporting.statistics.results import Result, Scope


class Kind(StrEnum):
    """Columns of the file first, then plain values."""

    NUMBERS = "column of numbers"
    CODES = "column of codes"
    GRADES = "column of grades, may be empty"
    MANY_NUMBERS = "list of columns of numbers"
    MANY_GRADES = "list of columns of grades"
    NUMBER = "number"
    WHOLE = "whole number"
    TEXT = "text"
    TEXTS = "list of texts"
    CHOICE = "choice"

    @property
    def columns(self) -> bool:
        return self in (Kind.NUMBERS, Kind.CODES, Kind.GRADES, Kind.MANY_NUMBERS, Kind.MANY_GRADES)


@dataclass(frozen=True)
class Parameter:
    """``required``, else ``default`` (``None``: not used)."""

    name: str
    kind: Kind
    help: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    between: tuple[float, float] | None = None

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "kind": str(self.kind), "help": self.help}
        if self.choices:
            shown["choices"] = list(self.choices)
        return shown | ({"required": True} if self.required else {"default": self.default})


@dataclass(frozen=True)
class Statistic:
    """One entry of the catalogue; ``run`` gets checked arguments. ``needs_file``: without rows there is nothing."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]
    run: Callable[[Arguments], Result]
    needs_file: bool = True

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "about": self.about, "parameters": [one.as_json() for one in self.parameters]}


@dataclass
class Arguments:
    """Values by parameter name. Rows that lack a code of a CODES column are left out everywhere, and counted."""

    statistic: Statistic
    path: Path | None
    values: Mapping[str, Any]
    used: dict[str, Codes] = field(default_factory=dict)

    @classmethod
    def of(cls, statistic: Statistic, path: Path | None, given: Mapping[str, Any]) -> Arguments:
        known = {one.name: one for one in statistic.parameters}
        for name in given:
            if name not in known:
                raise InputError(f"{statistic.name} has no parameter {name!r}; it has {', '.join(known)}")
        values = {}
        for name, parameter in known.items():
            if given.get(name) is None:
                if parameter.required:
                    raise InputError(f"{statistic.name} needs the parameter {name!r}: {parameter.help}")
                values[name] = parameter.default
            else:
                values[name] = _checked(parameter, given[name])
        if statistic.needs_file and path is None:
            raise InputError(f"{statistic.name} needs --input FILE.csv")
        return cls(statistic, path, values)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def scope(self) -> Scope:
        return Scope(self.values.get("positive"), self.values["unit"])

    def number_column(self, name: str) -> Floats:
        return self._numbers(self.values[name])

    def number_columns(self, name: str) -> Floats:
        return np.column_stack([self._numbers(one) for one in self.values[name]])

    def labels(self, name: str) -> Ints:
        """Codes as numbers, for what only has to tell rows apart (patients)."""
        return self._codes(self.values[name]).numbers

    def names(self, name: str) -> tuple[Ints, tuple[str, ...]]:
        codes = self._codes(self.values[name])
        return codes.numbers, codes.names

    def text_column(self, name: str) -> Any:
        codes = self._codes(self.values[name])
        return np.array(codes.names, dtype=object)[codes.numbers] if codes.names else np.zeros(0, dtype=object)

    def positives(self, name: str) -> Bools:
        """Where the column says the positive class; any code but the positive and the negative one is refused."""
        codes = self._codes(self.values[name])
        positive, negative = self.values["positive"], self.values.get("negative")
        others = [code for code in codes.names if code != positive]
        column = f"{self.path}: column {self.values[name]}"
        if negative is not None and (unknown := [code for code in others if code != negative]):
            raise InputError(f"{column}: unknown code {unknown[0]!r}; positive is {positive!r}, negative {negative!r}")
        if negative is None and len(others) > 1:
            raise InputError(f"{column}: more than two codes ({', '.join(codes.names[:6])}); name the negative one")
        if negative is None and positive not in codes.names:
            seen = ", ".join(codes.names) or "nothing"
            raise InputError(f"{column}: no {positive!r}, only {seen}; name the negative code if that is meant")
        return np.asarray(codes.numbers == (codes.names.index(positive) if positive in codes.names else -2))

    def grades(self, name: str) -> Ints:
        """Place of each cell in the full grade list, −1 where empty; shape (rows,) or (rows, columns)."""
        columns = self.values[name]
        if isinstance(columns, str):
            return self._graded(columns)
        return np.column_stack([self._graded(one) for one in columns])

    def finished(self, result: Result) -> Result:
        left_out = int(np.count_nonzero(~self._kept)) if self.path is not None and self._wanted else 0
        return replace(result, counts={**result.counts, "rows_without_code": left_out}) if left_out else result

    def _graded(self, column: str) -> Ints:
        codes, grades = self._codes(column), list(self.values["grades"])
        unknown = [code for code in codes.names if code not in grades]
        if unknown:
            raise InputError(
                f"{self.path}: column {column}: unknown code {unknown[0]!r}; grades are {', '.join(grades)}"
            )
        places = np.array([grades.index(code) for code in codes.names] + [-1], dtype=np.int64)
        return np.asarray(places[codes.numbers])

    def _numbers(self, column: str) -> Floats:
        found = self._columns[column]
        assert not isinstance(found, Codes)
        return found[self._kept]

    def _codes(self, column: str) -> Codes:
        found = self._columns[column]
        assert isinstance(found, Codes)
        return found.of(self._kept)

    @cached_property
    def _wanted(self) -> dict[str, bool]:
        wanted: dict[str, bool] = {}
        for parameter in self.statistic.parameters:
            value = self.values[parameter.name]
            if not parameter.kind.columns or value is None:
                continue
            numeric = parameter.kind in (Kind.NUMBERS, Kind.MANY_NUMBERS)
            for column in [value] if isinstance(value, str) else value:
                if wanted.setdefault(column, numeric) != numeric:
                    raise InputError(f"column {column!r} is asked for as numbers and as codes")
        return wanted

    @cached_property
    def _columns(self) -> dict[str, Floats | Codes]:
        assert self.path is not None
        return read_columns(self.path, self._wanted)

    @cached_property
    def _kept(self) -> Bools:
        needed = [
            self._columns[self.values[one.name]]
            for one in self.statistic.parameters
            if one.kind is Kind.CODES and self.values[one.name] is not None
        ]
        rows = len(next(iter(self._rows_of(column) for column in self._columns.values()), np.zeros(0)))
        kept = np.ones(rows, dtype=np.bool_)
        for column in needed:
            kept &= self._rows_of(column) >= 0
        return kept

    @staticmethod
    def _rows_of(column: Floats | Codes) -> Floats | Ints:
        return column.numbers if isinstance(column, Codes) else column


def _checked(parameter: Parameter, value: Any) -> Any:
    kind, name = parameter.kind, parameter.name
    if kind in (Kind.NUMBER, Kind.WHOLE):
        plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not plain or (kind is Kind.WHOLE and value != int(value)):
            raise InputError(f"parameter {name!r} must be a {kind}")
        if parameter.between and not parameter.between[0] < value < parameter.between[1]:
            raise InputError(
                f"parameter {name!r} must lie between {parameter.between[0]:g} and {parameter.between[1]:g}"
            )
        return int(value) if kind is Kind.WHOLE else float(value)
    if kind in (Kind.TEXTS, Kind.MANY_NUMBERS, Kind.MANY_GRADES):
        if not isinstance(value, list) or not value or not all(isinstance(one, str | int | float) for one in value):
            raise InputError(f"parameter {name!r} must be a {kind}")
        return [_text(one) for one in value]
    if not isinstance(value, str | int | float):
        raise InputError(f"parameter {name!r} must be a {kind}")
    text = _text(value)
    if kind is Kind.CHOICE and text not in parameter.choices:
        raise InputError(f"parameter {name!r} must be one of {', '.join(parameter.choices)}")
    return text


def _text(value: str | float) -> str:
    """A code given as a number is what the file would hold: 1, not 1.0; true and false as JSON spells them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
