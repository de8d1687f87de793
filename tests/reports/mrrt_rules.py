"""What IHE asks of a report template (RAD TF-3 8.1, MRRT rev. 1.6), of the page as another program has read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, ParseError, fromstring

_HTML = "{http://www.w3.org/1999/xhtml}"
_ABOUT = ("title", "description", "identifier", "language", "type")
_ABOUT += ("publisher", "rights", "license", "date", "creator")
_TYPES = ("IMAGE_REPORT_TEMPLATE", "IMAGE_REPORT_SECTION_TEMPLATE")
_ATTRIBUTES = (
    "top-level-flag",
    "status",
    "user-list",
    "provider-group-list",
    "coding_schemes",
    "term",
    "coded_content",
)
_STATUSES = ("DRAFT", "ACTIVE", "RETIRED")
_FIELDS = {"TEXT": "textarea", "NUMBER": "input", "SELECTION_LIST": "select"}
_ACTIONS = ("NONE", "ALERT", "ERROR")


def template_faults(page: Element) -> Iterator[str]:
    """``page``: as well-formed XHTML."""
    head, body = page.find(f"{_HTML}head"), page.find(f"{_HTML}body")
    if head is None or body is None:
        yield "no head or no body"
        return
    yield from _head_faults(head, page.get("lang", ""))
    ids = Counter(one.get("id", "") for one in body.iter() if one.get("id"))
    yield from (f"id {name} twice" for name, count in ids.items() if count > 1)
    yield from _section_faults(body)
    yield from _field_faults(body)
    for script in head.findall(f"{_HTML}script"):
        try:
            yield from _attribute_faults(fromstring((script.text or "").strip()), set(ids))
        except ParseError as error:
            yield f"template_attributes: {error}"


def _head_faults(head: Element, language: str) -> Iterator[str]:
    order = [one.tag.removeprefix(_HTML) for one in head]
    # Tidy puts the character set first.
    if not re.fullmatch(r"(meta )?title (meta )+(style |link )?script ", "".join(f"{tag} " for tag in order)):
        yield f"head: {order}"
    if [one.get("type") for one in head.findall(f"{_HTML}script")] != ["text/xml"]:
        yield "script: not text/xml"
    said = {one.get("name", ""): one.get("content", "") for one in head.findall(f"{_HTML}meta")}
    if [one.get("charset", "").upper() for one in head.findall(f"{_HTML}meta") if one.get("charset")] != ["UTF-8"]:
        yield "charset"
    yield from (f"dcterms.{name}: missing" for name in _ABOUT if not said.get(f"dcterms.{name}"))
    if said.get("dcterms.type") not in _TYPES:
        yield f"dcterms.type: {said.get('dcterms.type')}"
    if said.get("dcterms.language") != language:
        yield f"dcterms.language: {said.get('dcterms.language')} of {language}"
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)+", said.get("dcterms.identifier", "")):
        yield "dcterms.identifier: no OID"
    try:
        date.fromisoformat(said.get("dcterms.date", ""))
    except ValueError:
        yield "dcterms.date: no date"


def _section_faults(body: Element) -> Iterator[str]:
    """A section has a name and a heading of the level at which it lies."""

    def inside(of: Element, level: int) -> Iterator[str]:
        for section in of.findall(f"{_HTML}section"):
            heading = section.find(f"{_HTML}header")
            if not section.get("data-section-name") or heading is None:
                yield f"section {section.get('id')}: no name or heading"
            elif (section.get("class"), heading.get("class")) != (f"level{level}", f"level{level}"):
                yield f"section {section.get('id')}: not of level {level}"
            yield from inside(section, level + 1)

    if body.find(f"{_HTML}section") is None:
        yield "no section"
    yield from inside(body, 1)


def _field_faults(body: Element) -> Iterator[str]:
    labels = Counter(one.get("for") for one in body.iter(f"{_HTML}label"))
    for one in body.iter():
        tag, kind, name = one.tag.removeprefix(_HTML), one.get("data-field-type"), one.get("id")
        if tag not in _FIELDS.values():
            continue
        if kind not in _FIELDS or _FIELDS[kind] != tag:
            yield f"{name}: {tag} as {kind}"
        if one.get("data-field-completion-action") not in _ACTIONS or not one.get("name"):
            yield f"{name}: no name or completion action"
        if labels[name] != 1:
            yield f"{name}: {labels[name]} labels"
        if kind == "SELECTION_LIST" and len(one.findall(f"{_HTML}option")) < 2:
            yield f"{name}: nothing to choose"
        if kind == "NUMBER" and not (one.get("data-field-units") and one.get("type") == "number"):
            yield f"{name}: number without unit"


def _attribute_faults(root: Element, ids: set[str]) -> Iterator[str]:
    order = [one.tag for one in root]
    if root.tag != "template_attributes" or [name for name in _ATTRIBUTES if name in order] != order:
        yield f"{root.tag}: {order}"
    if root.findtext("top-level-flag") not in ("true", "false") or root.findtext("status") not in _STATUSES:
        yield "flag or status"
    schemes = [one.get("name", "") for one in root.iterfind("coding_schemes/coding_scheme") if one.get("designator")]
    if not all(schemes) or len(set(schemes)) != len(schemes):
        yield f"coding schemes: {schemes}"
    if root.find("coded_content") is None:
        yield "no coded content"
    for entry in root.iterfind("coded_content/entry"):
        if entry.get("ORIGTXT") not in ids:
            yield f"code of {entry.get('ORIGTXT')}, which is not there"
        for term in entry:
            (code, *more) = list(term)
            said = (code.get("meaning"), code.get("value"))
            if term.tag != "term" or more or code.tag != "code" or not all(said) or code.get("scheme") not in schemes:
                yield f"code of {entry.get('ORIGTXT')}: {code.attrib}"
