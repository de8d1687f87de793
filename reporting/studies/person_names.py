"""A DICOM person name (PN, PS3.5 6.2) as people write it, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.studies.shown_text import without_hidden


@dataclass(frozen=True)
class NameParts:
    """One group of a person name; what is not said is empty."""

    family: str
    given: str
    middle: str
    prefix: str
    suffix: str


def name_groups(value: str) -> list[NameParts]:
    """The groups that are written, in order: alphabetic, ideographic, phonetic; one in between may be empty."""
    groups = [[part.strip() for part in group.split("^")] for group in value.split("=")[:3]]
    return [NameParts(*[*parts, *[""] * 5][:5]) for parts in groups]


def readable_person_name(value: str, *, chinese: bool) -> str:
    """``Wang^Xiao Dong=王^小东`` → ``王小东`` in Chinese, ``Wang, Xiao Dong`` otherwise.

    Groups: alphabetic, ideographic, phonetic. A missing group is replaced by the one that is there.
    """
    groups = [*without_hidden(value).split("="), "", ""]
    alphabetic, ideographic = groups[0].strip(), groups[1].strip()
    chosen = (ideographic or alphabetic) if chinese else (alphabetic or ideographic)
    parts = [part.strip() for part in chosen.split("^")]
    if _is_ideographic(chosen):
        return "".join(parts)
    family, given = parts[0], " ".join(part for part in parts[1:3] if part)
    return ", ".join(part for part in (family, given) if part)


def _is_ideographic(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" for character in text)
