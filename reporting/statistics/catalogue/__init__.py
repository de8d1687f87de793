"""Every statistic by name, with the parameters it takes: what ``manage.py stats`` and pages offer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reporting.statistics.catalogue import (
    agreement_entries,
    areas_entries,
    counts_entries,
    drift_entries,
    reader_study_entries,
)
from reporting.statistics.catalogue.columns import InputError
from reporting.statistics.catalogue.parameters import Arguments, Statistic
from reporting.statistics.results import Result

CATALOGUE: dict[str, Statistic] = {
    one.name: one
    for entries in (counts_entries, areas_entries, agreement_entries, drift_entries, reader_study_entries)
    for one in entries.ENTRIES
}


def compute(name: str, path: Path | None, parameters: Mapping[str, Any]) -> Result:
    """Run a statistic on the columns of a CSV file.

    Raises:
        InputError: what is wrong with the name, a parameter or the file, in words for the person who gave it.
    """
    if name not in CATALOGUE:
        raise InputError(f"no statistic {name!r}; there are {', '.join(CATALOGUE)}")
    arguments = Arguments.of(CATALOGUE[name], path, parameters)
    try:
        return arguments.finished(CATALOGUE[name].run(arguments))
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{path}: {error}" if path else str(error)) from error
