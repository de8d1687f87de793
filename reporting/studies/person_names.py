"""A DICOM person name (PN, PS3.5 6.2) as people write it, in the reader's language."""

from __future__ import annotations

from reporting.studies.shown_text import without_hidden


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
