"""Coded entries (PS3.3 8.8): kept where the code is one of the standard's, with the standard's words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from pydicom.dataset import Dataset
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

_SCHEMES = ("DCM", "SCT", "UCUM")
_FORMER = ("SRT", "SNM3", "99SDM")


def known_codes(items: Iterable[Dataset]) -> list[Dataset]:
    """The entries that are known, written anew; the others are left out."""
    found = []
    for item in items:
        scheme, value = str(item.get("CodingSchemeDesignator") or ""), str(item.get("CodeValue") or "")
        if scheme in _FORMER:  # codes of before 2019, as scanners still write them
            scheme, value = "SCT", str(mapping["SRT"].get(value, value))
        meaning = _meanings().get((scheme, value))
        if meaning is not None:
            found.append(coded(value, scheme, meaning))
    return found


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning[:64]
    return item


@cache
def _meanings() -> Mapping[tuple[str, str], str]:
    return {
        (scheme, code): str(meaning)
        for scheme in _SCHEMES
        for entries in concepts[scheme].values()
        for code, (meaning, _groups) in entries.items()
        if str(meaning).isascii()
    }
