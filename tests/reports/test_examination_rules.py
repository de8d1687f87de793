"""T1 and T2 of the template: anomalies with their place, how levels were counted, contact at the skull base."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.predictions.models import InferenceJob
from reporting.reports import services
from reporting.reports.consistency import find_problems
from reporting.reports.critical import SHIPPED
from reporting.reports.form_parts import FieldView
from reporting.reports.form_view import form_view
from reporting.reports.models import Report
from reporting.reports.rendering import Language, render
from reporting.reports.sheet import Value
from reporting.studies.models import Series
from tests.reports.factories import make_draft, make_job, make_study
from tests.reports.sheets import normal_sheet_with


@pytest.mark.parametrize(
    ("values", "en", "zh"),
    [
        (
            {"numbering_anomaly": "block_vertebra", "block_vertebra_levels": ["C3", "C4"]},
            "Block vertebra C3 and C4.",
            "C3、C4阻滞椎。",
        ),
        ({"numbering_anomaly": "cervical_rib", "cervical_rib_side": "left"}, "Cervical rib on the left.", "左侧颈肋。"),
        (
            {"numbering_anomaly": "cervical_rib", "cervical_rib_side": "both"},
            "Cervical ribs on both sides.",
            "双侧颈肋。",
        ),
    ],
)
def test_an_anomaly_is_told_with_its_vertebrae_or_its_side(values: dict[str, Value], en: str, zh: str) -> None:
    for language, words in ((Language.EN, en), (Language.ZH, zh)):
        rendering = render(normal_sheet_with(values), language)
        assert words in rendering.findings_text
        assert words in rendering.impression_text


@pytest.mark.parametrize(
    ("anomaly", "detail"), [("block_vertebra", "block_vertebra_levels"), ("cervical_rib", "cervical_rib_side")]
)
def test_an_anomaly_without_its_place_blocks_signing(anomaly: str, detail: str) -> None:
    missing = [
        p for p in find_problems(normal_sheet_with({"numbering_anomaly": anomaly}), SHIPPED) if p.severity == "block"
    ]
    assert [str(place) for p in missing for place in p.places] == [detail]


def test_that_an_abnormal_junction_does_not_touch_the_cord_is_in_the_impression() -> None:
    values: dict[str, Value] = {"cvj": "pannus", "cvj_cord_contact": "no"}
    en, zh = (render(normal_sheet_with(values), language) for language in Language)
    assert "No cord contact at the craniocervical junction." in en.impression_text
    assert "颅颈交界区脊髓未见受压。" in zh.impression_text


def _method(report: Report, by: User) -> object:
    services.confirm_levels(report, by=by, expected_version=report.version)
    services.confirm_rest(report, by=by, expected_version=report.version)
    return report.findings.get(field="level_method").value


@pytest.mark.django_db
def test_confirming_the_rest_says_how_the_levels_were_counted(senior: User) -> None:
    """ "Counted from the dens, automatically" is untrue where no machine counted."""
    assert _method(make_draft(), senior) == "dens"
    assert _method(services.start_report(study=make_study(), by=senior), senior) == "manual"
    study = make_study()
    job = make_job(study)
    InferenceJob.objects.filter(pk=job.pk).update(c2_3_hint_lps_mm=[0.0, 0.0, 0.0])
    report = services.start_report(study=study, by=senior)
    assert _method(report, senior) == "one_click"
    assert "Levels were counted from C2." in services.preview(report).en.findings_text


@pytest.mark.django_db
def test_the_form_shows_what_the_study_says_of_itself_and_nobody_can_set_it(senior: User) -> None:
    report = make_draft()
    Series.objects.create(study=report.study, series_instance_uid="1.2.3.99", modality="MR", role="unknown")

    def shown(*, chinese: bool, blind: bool = False) -> dict[str, FieldView]:
        sheet = services.load_sheet(report, blind=blind)
        form = form_view(report, sheet, chinese=chinese, can_edit=True, blind=blind)
        return {field.place: field for field in form.exam.fields}

    sequences = shown(chinese=False)["sequences"]
    assert (sequences.value_label, sequences.can_edit) == ("sagittal T1, sagittal T2, axial T2, other", False)
    assert shown(chinese=True)["sequences"].value_label == "矢状面T1WI、矢状面T2WI、轴面T2WI、其他"
    assert shown(chinese=False)["ai_gate"].value_label == "run"
    assert "ai_gate" not in shown(chinese=False, blind=True)
