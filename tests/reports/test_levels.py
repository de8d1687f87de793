"""Confirm and relabel: everything moves together, nothing is lost, predictions stay as they are."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.core.errors import InvalidInput, WrongState
from reporting.predictions.models import Prediction
from reporting.reports import services
from reporting.reports.models import LevelMap, Report
from reporting.reports.services.drafts import IDENTITY
from reporting.reports.services.levels import checked_mapping, shifted
from tests.reports.factories import PREDICTIONS, accept, change, make_draft, make_job, make_study, row, sign

pytestmark = pytest.mark.django_db


def relabel(report: Report, by: User, **how: object) -> None:
    services.relabel_levels(report, by=by, expected_version=report.version, **how)  # type: ignore[arg-type]


def facts(report: Report) -> set[tuple[str, str, object]]:
    return {(str(f.place), f.state, str(f.value)) for f in report.findings.exclude(field="level_status")}


def test_a_shift_moves_suggestions_values_and_sentences_but_no_prediction(junior: User) -> None:
    report = make_draft()
    predictions = set(Prediction.objects.values_list("id", "level", "updated_at"))
    services.confirm_levels(report, by=junior, expected_version=report.version)
    accept(report, "slip@C4", junior)
    change(report, "canal_grade@C5/6", "3", junior)
    change(report, "cord_signal", "faint_t2", junior)
    change(report, "signal_level_from", "C5/6", junior)
    relabel(report, junior, shift=1)
    assert row(report, "slip@C5").value == "present"
    assert row(report, "disc_class@C6/7").machine_value == "herniation"
    assert row(report, "canal_grade@C6/7").value == "3"
    assert row(report, "signal_level_from").value == "C6/7"
    assert "retrolisthesis of C5 on C6" in services.preview(report).en.text
    assert "C6/7: the cord is deformed" in services.preview(report).en.text
    assert set(Prediction.objects.values_list("id", "level", "updated_at")) == predictions
    assert list(LevelMap.objects.filter(report=report).values_list("version", flat=True)) == [1, 2]


def test_after_a_relabel_the_levels_are_confirmed_anew(junior: User) -> None:
    report = make_draft()
    services.confirm_levels(report, by=junior, expected_version=report.version)
    relabel(report, junior, shift=1)
    with pytest.raises(WrongState, match="levels"):
        accept(report, "slip@C5", junior)
    services.confirm_levels(report, by=junior, expected_version=report.version)
    assert row(report, "level_status").value == "shifted"
    accept(report, "slip@C5", junior)


def test_the_opposite_shift_undoes_it_even_for_what_left_the_range(junior: User) -> None:
    report = make_draft()
    change(report, "disc_class@C6/7", "bulge", junior)
    change(report, "disc_class@C7/T1", "bulge", junior)
    change(report, "quality", "good", junior)
    before = facts(report)
    relabel(report, junior, shift=1)
    assert row(report, "disc_class@C7/T1").structure == "C6/7"
    assert "-C7/T1" in set(report.findings.values_list("level", flat=True))
    assert services.preview(report).digest
    relabel(report, junior, shift=-1)
    assert facts(report) == before


def test_a_value_set_after_a_relabel_belongs_to_the_structure_it_was_seen_on(junior: User) -> None:
    report = make_draft()
    relabel(report, junior, shift=1)
    change(report, "canal_grade@C6/7", "1", junior)
    relabel(report, junior, shift=-1)
    assert row(report, "canal_grade@C5/6").value == "1"


def test_a_signed_report_says_the_levels_it_was_signed_with(senior: User) -> None:
    report = make_draft()
    relabel(report, senior, shift=1)
    services.confirm_levels(report, by=senior, expected_version=report.version)
    for key in ("disc_class@C6/7", "slip@C5", "osteophyte@C6", "lf@C6/7:right"):
        accept(report, key, senior)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    version = sign(report, senior)
    assert "Right paracentral herniation at C6/7." in version.text_en
    assert '"C5/6":"C6/7"' in version.content


def test_two_values_at_one_place_are_refused_not_overwritten(junior: User) -> None:
    report = make_draft()
    relabel(report, junior, shift=1)
    change(report, "disc_class@C2/3", "bulge", junior)  # a level no structure was given to
    change(report, "disc_class@C3/4", "normal", junior)
    with pytest.raises(InvalidInput, match="disc_class@C2/3"):
        relabel(report, junior, shift=-1)
    assert row(report, "disc_class@C2/3").value == "bulge"


def test_shifting_falls_off_one_end_and_comes_back() -> None:
    up = shifted(IDENTITY, -1)
    assert (up["C1"], up["C2"], up["C2/3"], up["C3/4"]) == (None, "C1", None, "C2/3")
    assert shifted(up, 1) == IDENTITY
    with pytest.raises(InvalidInput):
        shifted(IDENTITY, 8)


@pytest.mark.parametrize(
    "mapping",
    [{"C9": "C5"}, {"C4": "C5/6"}, {"C4": "C5", "C5": "C5"}, {"C4": "C6", "C5": "C5"}, {"C5/6": "C9"}],
)
def test_a_level_map_is_one_to_one_and_in_order(mapping: dict[str, str | None]) -> None:
    with pytest.raises(InvalidInput):
        checked_mapping(mapping)


def test_a_single_wrong_level_can_be_corrected(junior: User) -> None:
    report = make_draft()
    mapping = {**IDENTITY, "C5/6": "C6/7", "C6/7": None}
    relabel(report, junior, mapping=mapping)
    assert row(report, "disc_class@C6/7").machine_value == "herniation"
    with pytest.raises(InvalidInput):
        relabel(report, junior, mapping=mapping)


def test_the_normal_case_takes_three_acts(senior: User) -> None:
    study = make_study()
    job = make_job(study, [{**p, "positive": False} for p in PREDICTIONS])
    report = services.draft_report(study=study, job=job)
    assert report is not None
    services.confirm_levels(report, by=senior, expected_version=report.version)
    services.confirm_rest(report, by=senior, expected_version=report.version)
    sign(report, senior)
    assert "No significant abnormality" in report.versions.get().text_en
    assert report.version == 4
