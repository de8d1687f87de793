"""Cases are chosen by what may be known of a study without knowing whose it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reporting.accounts.models import Role
from reporting.reader_studies.candidates import CaseFilter, candidates
from reporting.reader_studies.case_facts import facts_of, mix
from reporting.reports.models import Report
from reporting.studies.models import Series, Study
from reporting.studies.scanners import OTHER, UNKNOWN, VENDORS, field_strength_of, field_strengths, vendor_of
from reporting.vocabulary import MachineFinding
from tests.reader_studies.factories import in_design
from tests.reports.factories import make_user, signed_report

pytestmark = pytest.mark.django_db

SAID = ("GE MEDICAL SYSTEMS", "General Electric", "GE", "SIEMENS", "Siemens Healthineers", "Philips Medical Systems")
MORE = ("UIH", "SHANGHAI_UNITED IMAGING", "TOSHIBA_MEC", "Canon", "Hitachi Medical", "Gerhard & Co", "Ceres", "")


def _study(**protocol: Any) -> Study:
    report = signed_report(make_user(Role.SENIOR))
    Series.objects.filter(study=report.study).update(protocol=protocol)
    return report.study


def _found(**wanted: Any) -> set[Any]:
    return {one.pk for one in candidates(in_design(), CaseFilter(**wanted))}


def test_the_database_knows_a_maker_by_the_same_names_as_the_figures() -> None:
    study = _study()
    for said in (*SAID, *MORE):
        Series.objects.filter(study=study).update(protocol={"manufacturer": said})
        for vendor in VENDORS:
            if vendor not in (OTHER, UNKNOWN):
                assert bool(_found(vendor=vendor)) == (vendor_of(said) == vendor), (said, vendor)


def test_the_database_knows_a_field_strength_by_the_same_word_as_the_figures() -> None:
    study = _study()
    for tesla in (0.2, 0.349, 1.0, 1.494, 1.5, 2.89362, 3, 3.0, 7.0, 11.7):
        Series.objects.filter(study=study).update(protocol={"field_t": tesla})
        assert [word for word in field_strengths() if _found(field_strength=word)] == [field_strength_of(tesla)]


def test_years_are_both_included() -> None:
    study = _study()
    Study.objects.filter(pk=study.pk).update(study_date=dt.date(2024, 12, 31))
    for wanted, there in (
        ({"from_year": 2024, "to_year": 2024}, True),
        ({"from_year": 2025}, False),
        ({"to_year": 2023}, False),
    ):
        assert bool(_found(**wanted)) is there
    Study.objects.filter(pk=study.pk).update(study_date=None)
    assert not _found(from_year=1990)


def test_a_finding_is_looked_for_in_the_signed_report_at_its_level() -> None:
    study = _study()
    report = Report.objects.get(study=study)
    report_positive = {(row.field, row.level) for row in report.findings.filter(field="disc_class", value="herniation")}
    assert report_positive  # the factory's report has one
    ((_field, level),) = report_positive
    assert _found(finding="herniation") == {study.pk}
    assert _found(finding="herniation", level=level) == {study.pk}
    assert _found(level=level) == {study.pk}
    other = "C2/3" if level != "C2/3" else "C3/4"
    assert not _found(finding="herniation", level=other)
    assert _found(finding="herniation", level=other, clear=True) == {study.pk}
    assert not _found(finding="herniation", clear=True)


def test_the_protocol_is_inside_outside_or_not_known() -> None:
    study = _study()
    for protocol, fit in (({}, "unknown"), ({"manufacturer": "GE"}, None)):
        Series.objects.filter(study=study).update(protocol=protocol, role="sagittal_t2")
        fits = [name for name in ("inside", "outside", "unknown") if _found(protocol=name)]
        assert len(fits) == 1
        assert fit in (None, *fits)


def test_the_mix_counts_every_case_once_in_each_table(django_assert_num_queries: Any) -> None:
    studies = [_study(manufacturer="SIEMENS", field_t=1.494), _study(manufacturer="UIH", field_t=3.0)]
    with django_assert_num_queries(3):
        facts = facts_of(Study.objects.filter(pk__in=[one.pk for one in studies]))
    tables = dict(mix(facts.values()))
    assert tables["Vendor"] == [("Siemens", 1), ("United Imaging", 1)]
    assert tables["Field strength, T"] == [("1.5", 1), ("3.0", 1)]
    assert all(sum(number for _word, number in tables[name]) == 2 for name in ("Vendor", "Protocol"))
    assert all(MachineFinding.HERNIATION in one.positives for one in facts.values())
