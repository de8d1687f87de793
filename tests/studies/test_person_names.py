from __future__ import annotations

import pytest

from reporting.studies.person_names import readable_person_name


@pytest.mark.parametrize(
    ("stored", "english", "chinese"),
    [
        ("Wang^XiaoDong=王^小东=", "Wang, XiaoDong", "王小东"),
        ("Zhang^San", "Zhang, San", "Zhang, San"),
        ("王^小东", "王小东", "王小东"),
        ("Müller^Anna^Maria^Dr", "Müller, Anna Maria", "Müller, Anna Maria"),
        ("Anonymous", "Anonymous", "Anonymous"),
        ("====", "", ""),
        ("Wang=王=かな=x=y", "Wang", "王"),
        ("\u202egnaW^\x1bLi\u2066", "\ufffdgnaW, \ufffdLi\ufffd", "\ufffdgnaW, \ufffdLi\ufffd"),
        ("", "", ""),
    ],
)
def test_a_person_name_reads_as_people_write_it(stored: str, english: str, chinese: str) -> None:
    assert readable_person_name(stored, chinese=False) == english
    assert readable_person_name(stored, chinese=True) == chinese
