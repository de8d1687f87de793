"""Whether two headers speak of one person. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Protocol

from reporting.studies.headers import InstanceHeader

MAX_IDENTIFIER = 64


class Person(Protocol):
    """What a stored patient and a patient header have in common."""

    @property
    def birth_date(self) -> date | None: ...
    @property
    def sex(self) -> str: ...


def patient_key(header: InstanceHeader) -> tuple[str, str]:
    """(patient ID, issuer). Without an ID a patient is known within one study only: its UID stands for the issuer."""
    if header.patient.patient_id:
        return header.patient.patient_id, header.patient.issuer
    return "", header.study.study_instance_uid


def same_key(stored: tuple[str, str], new: tuple[str, str]) -> bool:
    """Same ID, and the same issuer where both name one."""
    return stored[0] == new[0] and (stored[1] == new[1] or (bool(stored[0]) and not (stored[1] and new[1])))


def contradicts(stored: Person, stored_name: str, new: Person, new_name: str) -> bool:
    """Whether name, sex or birth date differ; what one side does not say contradicts nothing."""
    if stored.birth_date and new.birth_date and stored.birth_date != new.birth_date:
        return True
    if known_sex(stored.sex) and known_sex(new.sex) and known_sex(stored.sex) != known_sex(new.sex):
        return True
    return names_contradict(stored_name, new_name)


def names_contradict(first: str, second: str) -> bool:
    """Compare names group by group (PS3.5 6.2), and only where both are in the same script.

    One scanner writes 王^小东, another Wang^Xiaodong for the same person: that alone proves nothing.
    """
    by_script = [{text.isascii(): text for text in map(_plain, name.split("=")) if text} for name in (first, second)]
    shared = by_script[0].keys() & by_script[1].keys()
    return bool(shared) and all(by_script[0][script] != by_script[1][script] for script in shared)


def known_sex(value: str) -> str:
    """``M``, ``F`` or ``O`` (PS3.3 C.7.1.1); anything else is not known."""
    return value[:1].upper() if value[:1].upper() in ("M", "F", "O") else ""


def _plain(text: str) -> str:
    return re.sub(r"[\s^.,\-]+", "", unicodedata.normalize("NFKC", text)).casefold()
