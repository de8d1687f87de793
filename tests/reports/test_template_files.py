"""The template for other programs: data elements and an IHE report template say what the form asks."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html.parser import HTMLParser

import pytest

from reporting.reports.exports.mrrt import identifier_of, mrrt_html
from reporting.reports.rendering import Language
from reporting.reports.template import CURRENT, TEMPLATES, Kind
from reporting.reports.template.elements import elements_csv, elements_json


class _Reader(HTMLParser):
    """What a template consumer reads: metadata, sections, fields with their values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.sections: list[str] = []
        self.fields: dict[str, dict[str, str]] = {}
        self.options: dict[str, list[str]] = {}
        self.chosen: list[str] = []
        self.ids: Counter[str] = Counter()
        self.attributes = ""
        self._in_script = False
        self._list = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids.update([said["id"]] if "id" in said else [])
        assert not any(name.startswith("on") for name in said), "active content"
        assert tag not in ("iframe", "object", "embed", "link")
        if tag == "meta" and "name" in said:
            self.meta[said["name"]] = said["content"]
        if tag == "section":
            self.sections.append(said["data-section-name"])
        if "data-field-type" in said:
            self.fields[said["id"]] = said | {"tag": tag}
            self._list = said["id"]
        if tag == "option":
            self.options.setdefault(self._list, []).append(said["value"])
            self.chosen += [said["value"]] if "selected" in said else []
        if tag == "script":
            assert said == {"type": "text/xml"}, "a script that could run"
            self._in_script = True

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        self.attributes += data if self._in_script else ""


@pytest.mark.parametrize("version", sorted(TEMPLATES))
@pytest.mark.parametrize("language", list(Language))
def test_an_ihe_template_asks_every_field_at_every_usual_level_and_side(version: str, language: Language) -> None:
    template = TEMPLATES[version]
    read = _Reader(mrrt_html(template, language))
    expected = sum(len(field.usual_levels) * len(field.sides) for field in template.fields)
    assert len(read.fields) == expected
    assert max(read.ids.values()) == 1, "two elements share an id"
    for field in template.fields:
        level, side = field.usual_levels[-1], field.sides[-1]
        entry = read.fields[field.key + (f"@{level}" if level else "") + (f":{side}" if side else "")]
        if field.kind in (Kind.CHOICE, Kind.MULTI):
            values = [value for value in read.options[entry["id"]] if value]
            assert values == [choice.code for choice in field.choices]
        if field.kind is Kind.NUMBER:
            assert (float(entry["min"]), float(entry["max"])) == (field.minimum, field.maximum)
            assert entry["data-field-units"] == field.unit
    assert set(read.chosen) == {""}, "what nobody filled in is never normal"


@pytest.mark.parametrize("language", list(Language))
def test_an_ihe_template_says_who_made_it_and_ties_codes_to_fields_that_exist(language: Language) -> None:
    read = _Reader(mrrt_html(CURRENT, language))
    about = ("title", "description", "identifier", "publisher", "rights", "license", "date", "creator")
    assert all(read.meta[f"dcterms.{name}"] for name in about)
    assert read.meta["dcterms.type"] == "IMAGE_REPORT_TEMPLATE"
    assert read.meta["dcterms.language"] == language.value
    root = ElementTree.fromstring(read.attributes)
    schemes = {scheme.attrib["name"] for scheme in root.iter("coding_scheme")}
    entries = list(root.iter("entry"))
    assert len(entries) > 50
    for entry in entries:
        assert entry.attrib["ORIGTXT"] in read.ids, entry.attrib
        assert entry.find("term/code").attrib["scheme"] in schemes  # type: ignore[union-attr]


def test_each_version_and_language_has_its_own_name_for_ever() -> None:
    names = {identifier_of(template, language) for template in TEMPLATES.values() for language in Language}
    assert len(names) == len(TEMPLATES) * len(Language)
    assert identifier_of(TEMPLATES["1"], Language.EN) == "2.25.9980798008303239948086444928710311306"
    assert all(len(name) <= 64 for name in names)


def test_data_elements_hold_every_field_and_value_in_both_languages_and_both_files_agree() -> None:
    said = json.loads(elements_json(CURRENT))
    elements = {element["id"]: element for element in said["elements"]}
    assert set(elements) == {f"dens:{field.key}" for field in CURRENT.fields}
    for element in elements.values():
        assert all(element["name"].values())
        assert set(element["name"]) == {"en", "zh-Hans"}
        assert (element["value_type"] == "code") == ("values" in element)
        if "only_when" in element:
            other = elements[element["only_when"]["element"]]
            assert set(element["only_when"]["values"]) <= {value["value"] for value in other["values"]}
    rows = list(csv.DictReader(io.StringIO(elements_csv(CURRENT))))
    in_json = {(e["id"], v["value"], v["name"]["zh-Hans"]) for e in elements.values() for v in e.get("values", ())}
    assert {(r["element"], r["value"], r["value_zh"]) for r in rows if r["value"]} == in_json
    assert {r["element"] for r in rows} == set(elements)


def test_no_cell_of_the_elements_is_read_as_a_formula() -> None:
    for row in csv.reader(io.StringIO(elements_csv(CURRENT))):
        for cell in row:
            assert cell[:1] not in ("=", "+", "@", "\t", "\r")
            assert not cell.startswith("-") or float(cell) < 0
