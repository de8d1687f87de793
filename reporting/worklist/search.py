"""Finding a patient by name, identifier or accession number in the words that the database keeps for each study.

Every ideograph is a word of its own there (" 张 伟 zhang wei p0012 "), so that a Chinese name of two characters, too
short for a trigram, still has an index to be found by.
"""

from __future__ import annotations

import re

from django.db.models import Q

from reporting.orders.models import PatientMerge

# Han, kana, hangul and the later extensions: the same range as in migration 0002.
_IDEOGRAPHS = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
_TERMS = re.compile(rf"[{_IDEOGRAPHS}]+|[^{_IDEOGRAPHS}\s^=,]+")
_SHORT = 3  # a trigram needs three characters


def search_condition(words: str) -> Q:
    """What holds every word; of a patient number also what belongs to the numbers that were merged with it."""
    condition = words_condition(words)
    for number in PatientMerge.objects.numbers_of_one_with(words):
        condition |= words_condition(number)
    return condition


def words_condition(words: str) -> Q:
    """Entries that hold every word: ideographs side by side, short words at the beginning of one, others anywhere."""
    condition = Q()
    for term in _TERMS.findall(words.lower()):
        if re.match(f"[{_IDEOGRAPHS}]", term):
            wanted = f" {' '.join(term)} "
        else:
            wanted = term if len(term) >= _SHORT else f" {term}"
        condition &= Q(search_text__contains=wanted)
    return condition
