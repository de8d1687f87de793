"""The template as data: complete, bilingual, exported, and its codes are real."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydicom.sr import codedict

from reporting.reports.places import Place
from reporting.reports.services import install_template
from reporting.reports.sheet import Sheet
from reporting.reports.template import CURRENT, SECOND, TEMPLATES, TITLES, Kind
from reporting.reports.template.export import as_definition, as_text
from reporting.reports.template.spec import Fill
from reporting.reports.vocabulary_document import vocabulary_document
from reporting.vocabulary import MACHINE_FINDINGS, Code
from tests.paths import REPOSITORY


@pytest.mark.parametrize("version", sorted(TEMPLATES))
def test_the_exported_file_is_the_template(version: str) -> None:
    """Also of earlier versions: reports are tied to them by digest."""
    path = REPOSITORY / "fixtures" / f"report_template_v{version}.json"
    assert path.read_text(encoding="utf-8") == as_text(TEMPLATES[version]), (
        "run: manage.py report_template > fixtures/…"
    )


def test_every_field_and_value_speaks_both_languages() -> None:
    for spec in CURRENT.fields:
        assert all((spec.en, spec.zh)), spec.key
        assert bool(spec.normal_en) == bool(spec.normal_zh), spec.key
        assert bool(spec.clause_en) == bool(spec.clause_zh), spec.key
        for choice in spec.choices:
            assert all((choice.en, choice.zh)), (spec.key, choice.code)
            assert bool(choice.text_en) == bool(choice.text_zh), (spec.key, choice.code)
            assert bool(choice.impression_en) == bool(choice.impression_zh), (spec.key, choice.code)
            for en, zh in ((choice.text_en, choice.text_zh), (choice.impression_en, choice.impression_zh)):
                assert en.count("{at}") == zh.count("{at}"), (spec.key, choice.code)
                assert en.count("{mm}") == zh.count("{mm}"), (spec.key, choice.code)
    assert all(all(pair) for pair in TITLES.values())


def test_the_required_set_is_the_one_of_the_design() -> None:
    required = {f.key for f in CURRENT.fields if f.required and f.only_when is None}
    assert required == {
        "level_status",
        "quality",
        "lordosis",
        "slip",
        "disc_class",
        "canal_grade",
        "cord_signal",
        "cvj",
    }


def test_every_classifier_has_its_field_and_the_unvalidated_are_marked() -> None:
    assert {f.machine for f in CURRENT.fields if f.machine} == set(MACHINE_FINDINGS)
    assert {f.key for f in CURRENT.fields if f.unvalidated} == {"hern_zone", "hern_side"}
    assert all(f.fill is Fill.MACHINE for f in CURRENT.fields if f.machine)


def test_numbers_have_units_and_choices_have_values() -> None:
    for spec in CURRENT.fields:
        assert bool(spec.choices) == (spec.kind in (Kind.CHOICE, Kind.MULTI)), spec.key
        assert bool(spec.unit) == (spec.kind is Kind.NUMBER), spec.key


def test_keys_can_be_written_and_read_back() -> None:
    for spec in CURRENT.fields:
        for place in Sheet(CURRENT, {}).places(spec):
            assert Place.parse(str(place)) == place
    assert str(Place("cord_signal", instance=2)) == "cord_signal#2"


@pytest.mark.parametrize("key", ["", "Disc@C5/6", "disc@", "disc@C5/6:up", "disc#0", "disc#100", "a@C5/6\n", "x y"])
def test_nonsense_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="not a place"):
        Place.parse(key)


def _codes() -> list[Code]:
    codes = [f.coded for f in CURRENT.fields if f.coded]
    return codes + [c.coded for f in CURRENT.fields for c in f.choices if c.coded]


@pytest.mark.parametrize("scheme", ["SCT", "DCM", "LN"])
def test_dicom_knows_every_code_we_print(scheme: str) -> None:
    known: dict[str, Any] = codedict.CONCEPTS[scheme]
    values = {value for meanings in known.values() for value in meanings}
    # "New" is a SNOMED code that the Open Imaging finding models use and DICOM does not list.
    ours = {c.value for c in _codes() if c.scheme == scheme} - {"7147002"}
    assert ours
    assert ours <= values


@pytest.mark.django_db
def test_the_stored_template_is_tied_by_digest_and_cannot_change_silently() -> None:
    stored = install_template()
    assert install_template() == stored
    assert json.loads(json.dumps(as_definition(CURRENT))) == stored.definition
    stored.digest = "0" * 64
    stored.save()
    with pytest.raises(RuntimeError, match="new version"):
        install_template()


def test_the_vocabulary_document_is_the_template() -> None:
    path = REPOSITORY / "docs" / "vocabulary.md"
    assert path.read_text(encoding="utf-8") == vocabulary_document(), (
        "run: manage.py report_template --format markdown > docs/…"
    )


def test_chinese_words_have_chinese_marks() -> None:
    """In the newest version; texts of earlier ones are tied to their reports."""
    han = r"[\u4e00-\u9fff]"
    for spec in CURRENT.fields:
        texts = [spec.zh, spec.note_zh, spec.normal_zh, spec.clause_zh]
        texts += [text for c in spec.choices for text in (c.zh, c.text_zh, c.impression_zh)]
        for text in texts:
            assert not re.search(rf"{han}[(),:;]|[(),:;]{han}", text), (spec.key, text)


def test_what_every_field_shares_is_coded() -> None:
    assert set(CURRENT.codes) == {"sections", "presence", "severity", "normality", "side", "change", "actionable"}
    assert CURRENT["osteophyte"].choice("absent").coded == CURRENT.codes["presence"]["absent"]
    assert CURRENT["height"].choice("loss_severe").qualifier == CURRENT.codes["severity"]["severe"]
    assert CURRENT["canal_congenital"].coded == Code("OIFM", "OIFM_GMTS_010143", "congenital narrow canal")
    assert SECOND["osteophyte"].choice("absent").coded is None
