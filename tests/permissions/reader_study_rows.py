"""Reader studies in the table: who runs one, who reads in it, and everybody else, who may not know of it."""

from __future__ import annotations

from typing import Any

from tests.permissions.rows import EVERYBODY, IN_READER_STUDIES, NO_READER_STUDIES, Row, _page, _reader_study

STEPS = ("words", "findings", "cases", "people", "arms", "check")


def _but(*known: str) -> str:
    return " ".join(person for person in EVERYBODY.split() if person not in known)


def _only(name: str, who: str, key: tuple[str, str], method: str = "GET", refused: str = "", **more: Any) -> Row:
    """An address that ``who`` alone may use (empty: nobody); ``refused`` know of it, the others do not."""
    is_api = name.startswith("api:")
    done = more.pop("status", 302 if method == "POST" and not is_api else 200)
    answers = {done: who, 403: refused, 404: _but(*who.split(), *refused.split())}
    answers = {status: people for status, people in answers.items() if people}
    anonymous = 401 if is_api else 302
    answers[anonymous] = f"{answers.get(anonymous, '')} anonymous".strip()
    return Row(name, method, answers, ids=(key, *more.pop("ids", ())), **more)


VERSION = (("version", "1"),)
READING, OTHERS = ("reading_id", "reading"), ("reading_id", "other_reading")
CASE = ("case_id", "reader_case")
STUDY, LOCKED = ("study_id", "reader_study"), ("study_id", "locked_reader_study")
SAMPLE_SIZE = (("key", "needed"), ("extension", "csv"))
DRAFT: dict[str, Any] = {"body": "rating"}

READER_STUDY_ROWS = [
    _page("reader_studies:list", {200: IN_READER_STUDIES, 403: NO_READER_STUDIES}),
    Row(
        "reader_studies:create",
        "POST",
        {302: "researcher anonymous", 403: f"reader {NO_READER_STUDIES}"},
        form=(("title", "Mine"),),
    ),
    *(
        _reader_study(study, step, who)
        for study, who in (("reader_study", "researcher"), ("foreign_reader_study", ""))
        for step in STEPS
    ),
    _reader_study("locked_reader_study", "check", "", refused="reader"),
    _reader_study("reader_study", "words", "researcher", "POST"),
    _reader_study("foreign_reader_study", "words", "", "POST"),
    _reader_study("locked_reader_study", "words", "", "POST", refused="reader"),
    _only("reader_studies:power", "researcher", STUDY),
    _only("reader_studies:power", "", LOCKED, refused="reader"),
    _only("reader_studies:power", "", ("study_id", "foreign_reader_study")),
    _only("reader_studies:power", "researcher", STUDY, "POST", form=(("act", "drop"), *VERSION)),
    _only("reader_studies:power", "", LOCKED, "POST", refused="reader", form=(("act", "drop"), *VERSION)),
    _only("reader_studies:power", "", ("study_id", "foreign_reader_study"), "POST", form=(("act", "drop"), *VERSION)),
    _only("reader_studies:power_file", "", LOCKED, refused="reader", fixed=SAMPLE_SIZE),
    # Without components in the address there is no table (tests/reader_studies/test_power_page.py).
    _only("reader_studies:power_file", "", STUDY, fixed=SAMPLE_SIZE),
    # --- truth and progress: those who run the study; the panel from its seat
    _only("reader_studies:reference", "researcher", STUDY),
    _only(
        "reader_studies:reference", "researcher", STUDY, "POST", status=422, form=(("version", "1"), ("scheme", "x"))
    ),
    _only("reader_studies:reference", "", LOCKED, refused="reader"),
    _only("reader_studies:reference", "", ("study_id", "foreign_reader_study")),
    _only("reader_studies:reference_example", "researcher", STUDY),
    _only("reader_studies:reference_example", "", LOCKED, refused="reader"),
    _only("reader_studies:progress", "researcher", ("study_id", "own_locked_study")),
    _only("reader_studies:progress", "", LOCKED, refused="reader"),
    _only(
        "reader_studies:progress",
        "researcher",
        ("study_id", "own_locked_study"),
        "POST",
        form=(("act", "close"), *VERSION),
    ),
    _only("reader_studies:progress", "", LOCKED, "POST", refused="reader", form=(("act", "close"), *VERSION)),
    # --- analysis: once the reading is closed (tests/reader_studies/test_analysis_page.py), until then for nobody
    _only("reader_studies:analysis", "", ("study_id", "own_locked_study")),
    _only("reader_studies:analysis", "", LOCKED, refused="reader"),
    _only("reader_studies:analysis", "", ("study_id", "own_locked_study"), "POST"),
    _only("reader_studies:analysis", "", LOCKED, "POST", refused="reader"),
    _only("reader_studies:package", "", ("study_id", "own_locked_study")),
    _only("reader_studies:package", "", LOCKED, refused="reader"),
    _only("reader_studies:package", "", ("study_id", "own_locked_study"), "POST"),
    _only("reader_studies:package", "", LOCKED, "POST", refused="reader"),
    _only("reader_studies:package_file", "", ("study_id", "own_locked_study"), fixed=(("number", 1),)),
    _only("reader_studies:package_file", "", LOCKED, refused="reader", fixed=(("number", 1),)),
    _only("reader_studies:panel", "", LOCKED, refused="reader"),
    _only("reader_studies:panel", "", STUDY, refused="researcher"),
    _only("reader_studies:judge", "", CASE),
    _only("reader_studies:state", "", CASE, "POST", form=VERSION),
    # --- reading: the reader of the case that is open, and nobody else
    _only("reader_studies:desk", "reader", ("study_id", "locked_reader_study")),
    _only("reader_studies:desk", "", ("study_id", "reader_study"), refused="researcher"),
    _only("reader_studies:desk", "", ("study_id", "foreign_locked_study")),
    _only("reader_studies:begin", "reader", ("study_id", "locked_reader_study"), "POST", form=VERSION),
    _only("reader_studies:read", "reader", READING),
    _only("reader_studies:read", "", OTHERS),
    _only("reader_studies:act", "reader", READING, "POST", fixed=(("act", "pause"),), form=VERSION),
    _only("reader_studies:act", "", OTHERS, "POST", fixed=(("act", "submit"),), form=VERSION),
    _only("reader_studies:feedback", "", READING),
    _only("api:reading-ratings", "reader", READING, "PUT", report="reading", **DRAFT),
    _only("api:reading-ratings", "", OTHERS, "PUT", report="reading", **DRAFT),
    _only("api:reading-seen", "reader", READING, "POST"),
    _only("api:reading-seen", "", OTHERS, "POST"),
    _only("api:reader-case", "reader", CASE),
    _only("api:reader-case", "", ("case_id", "other_reader_case")),
    _only(
        "api:reader-case-frame",
        "reader",
        CASE,
        status=500,  # the world keeps no bytes
        ids=(("uid", "copy_uid"),),
        fixed=(("frame", 1),),
    ),
    # The arm is unaided: outlines do not exist, not even for its reader.
    _only("api:reader-case-outlines", "", CASE, ids=(("series_id", "copy_series"),)),
]
