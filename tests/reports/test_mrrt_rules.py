"""Our IHE report templates are HTML by Tidy, which others wrote, and keep the profile's rules as Tidy reads them."""

from __future__ import annotations

import subprocess
from xml.etree.ElementTree import fromstring

import pytest

from reporting.reports.exports.mrrt import mrrt_html
from reporting.reports.rendering import Language
from reporting.reports.template import CURRENT, TEMPLATES
from tests.reports.dicom_programs import needs
from tests.reports.mrrt_rules import template_faults

_EN = mrrt_html(CURRENT, Language.EN)


def tidied(html: str) -> tuple[str, list[str]]:
    """As well-formed XHTML, and what Tidy has against it."""
    needs("tidy")
    command = ["tidy", "-utf8", "-quiet", "-asxml", "--tidy-mark", "no"]
    done = subprocess.run(command, input=html.encode(), capture_output=True, timeout=60, check=False)
    return done.stdout.decode(), done.stderr.decode().splitlines()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("version", sorted(TEMPLATES))
def test_every_template_is_html_and_keeps_the_rules_of_the_profile(version: str, language: Language) -> None:
    page, said = tidied(mrrt_html(TEMPLATES[version], language))
    assert said == []
    assert list(template_faults(fromstring(page))) == []


@pytest.mark.parametrize(
    ("there", "instead", "fault"),
    [
        ('<meta name="dcterms.publisher" content="Dens">', "", "dcterms.publisher: missing"),
        ('content="IMAGE_REPORT_TEMPLATE"', 'content="REPORT"', "dcterms.type: REPORT"),
        ('<script type="text/xml">', '<script type="text/javascript">', "script: not text/xml"),
        ('ORIGTXT="indication"', 'ORIGTXT="nowhere"', "code of nowhere, which is not there"),
        ('name="LOINC" designator', 'name="Other" designator', "code of indication: {"),
        ("<status>ACTIVE</status>", "<status>NEW</status>", "flag or status"),
        ('data-field-type="TEXT"', 'data-field-type="NUMBER"', "indication: textarea as NUMBER"),
        ('<label for="onset">', '<label for="quality">', "onset: 0 labels"),
        ('data-section-name="', 'data-title="', "no name or heading"),
    ],
)
def test_the_rules_refuse_what_is_wrong(there: str, instead: str, fault: str) -> None:
    """Else the test above would say nothing."""
    assert there in _EN
    page, _said = tidied(_EN.replace(there, instead, 1))
    assert any(fault in one for one in template_faults(fromstring(page)))


@pytest.mark.parametrize(("there", "instead"), [("</select>", ""), ('id="onset"', 'id="quality"'), ("<p>", "<pp>")])
def test_tidy_refuses_what_is_no_html(there: str, instead: str) -> None:
    assert there in _EN
    assert tidied(_EN.replace(there, instead, 1))[1]
