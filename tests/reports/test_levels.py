"""Confirm and relabel: everything moves together, nothing is lost, predictions stay as they are."""

from __future__ import annotations

import pytest

from reporting.accounts.models import User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, StaleVersion, WrongState
from reporting.predictions.models import Prediction
from reporting.reports import services
from reporting.reports.key_slices import SliceRef, level_places
from reporting.reports.level_line import Line, NotALine
from reporting.reports.models import LevelMap, Report
from tests.factories import add_object
from tests.reports.factories import PREDICTIONS, accept, change, make_draft, make_job, make_study, row, sign

pytestmark = pytest.mark.django_db


IDENTITY = Line().mapping()


def relabel(report: Report, by: User, *, shift: int) -> None:
    services.shift_levels(report, shift, by=by, expected_version=report.version)


def undo(report: Report, by: User) -> None:
    services.undo_relabel(report, by=by, expected_version=report.version)


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


def test_a_value_whose_structure_leaves_the_report_waits_with_its_place(junior: User) -> None:
    """Seen above C2/3 when the names were one too low: with the right names there is no disc there."""
    report = make_draft()
    relabel(report, junior, shift=1)
    change(report, "disc_class@C2/3", "bulge", junior)  # where the machine found nothing
    change(report, "disc_class@C3/4", "normal", junior)
    relabel(report, junior, shift=-1)
    assert row(report, "disc_class@C2/3").value == "normal"
    shown = services.preview(report)
    assert shown.sheet.facts.values_outside == 1
    assert "values_outside" in {problem.code for problem in shown.problems}
    relabel(report, junior, shift=1)
    assert (row(report, "disc_class@C2/3").value, row(report, "disc_class@C3/4").value) == ("bulge", "normal")
    assert services.preview(report).sheet.facts.values_outside == 0


def test_a_level_named_by_a_value_waits_as_well(junior: User) -> None:
    report = make_draft()
    change(report, "cord_signal", "faint_t2", junior)
    change(report, "signal_level_from", "C7/T1", junior)
    relabel(report, junior, shift=1)
    assert not report.findings.filter(field="signal_level_from", level="").exists()
    relabel(report, junior, shift=-1)
    assert row(report, "signal_level_from").value == "C7/T1"


def test_a_missed_level_is_inserted_and_all_below_moves_down(junior: User) -> None:
    report = make_draft()
    change(report, "canal_grade@C4/5", "1", junior)
    services.insert_level(report, "C5/6", by=junior, expected_version=report.version)
    assert row(report, "disc_class@C6/7").machine_value == "herniation"
    assert row(report, "canal_grade@C4/5").value == "1"
    assert row(report, "slip@C4").machine_value == "present"
    assert row(report, "osteophyte@C7").machine_value == "absent"  # was C6
    assert row(report, "osteophyte@C5").machine_value == "present"  # the body above the missed disc
    assert not report.findings.filter(field="disc_class", level="C5/6").exists()
    assert not services.preview(report).sheet.levels_confirmed()


def test_a_block_vertebra_is_counted_as_two_and_noted(junior: User) -> None:
    report = make_draft()
    services.insert_level(report, "C5/6", by=junior, expected_version=report.version, is_block=True)
    assert row(report, "numbering_anomaly").value == "block_vertebra"
    undo(report, junior)
    assert row(report, "numbering_anomaly").value is None
    assert row(report, "disc_class@C5/6").machine_value == "herniation"


def test_an_extra_level_is_taken_out_and_kept(junior: User) -> None:
    report = make_draft()
    change(report, "canal_grade@C4/5", "2", junior)
    services.remove_level(report, "C4/5", by=junior, expected_version=report.version)
    assert row(report, "disc_class@C4/5").machine_value == "herniation"  # was C5/6
    assert not report.findings.filter(field="canal_grade", level="C4/5").exists()
    undo(report, junior)
    assert row(report, "canal_grade@C4/5").value == "2"
    assert row(report, "disc_class@C5/6").machine_value == "herniation"


def test_one_level_is_renamed_and_its_neighbour_is_none(junior: User) -> None:
    report = make_draft()
    services.move_level(report, "C5/6", "C6/7", by=junior, expected_version=report.version)
    assert row(report, "disc_class@C6/7").machine_value == "herniation"
    assert not report.findings.filter(level="C5/6", prediction__isnull=False).exists()
    with pytest.raises(InvalidInput, match="nothing"):
        services.move_level(report, "C5/6", "C4/5", by=junior, expected_version=report.version)


def test_a_level_shows_another_slice_and_the_machine_is_silent_on_it(junior: User) -> None:
    report = make_draft()
    axial = report.study.series_set.get(role="axial_t2")
    other = add_object(axial)
    services.confirm_levels(report, by=junior, expected_version=report.version)
    services.set_level_slice(report, "C5/6", other.pk, 1, by=junior, expected_version=report.version)
    moved = row(report, "disc_class@C5/6")
    assert (moved.state, moved.machine_value, moved.machine_note) == ("unset", None, "slice_moved")
    assert row(report, "osteophyte@C5").state == "ai_suggested"  # seen on sagittal images
    (disc,) = [place for place in level_places(report) if place.name == "C5/6"]
    assert disc.axial == SliceRef(other.pk, 1)
    undo(report, junior)
    assert row(report, "disc_class@C5/6").state == "ai_suggested"
    assert row(report, "disc_class@C5/6").machine_value == "herniation"
    for wrong in (
        add_object(report.study.series_set.get(role="sagittal_t2")),
        add_object(make_study().series_set.get(role="axial_t2")),
    ):
        with pytest.raises(InvalidInput):
            services.set_level_slice(report, "C5/6", wrong.pk, 1, by=junior, expected_version=report.version)


def test_every_correction_has_one_undo_and_one_event(junior: User) -> None:
    report = make_draft()
    before = facts(report)
    relabel(report, junior, shift=1)
    services.insert_level(report, "C5/6", by=junior, expected_version=report.version)
    services.remove_level(report, "C3/4", by=junior, expected_version=report.version)
    for _ in range(3):
        undo(report, junior)
    assert facts(report) == before
    assert not services.can_undo_relabel(report)
    with pytest.raises(WrongState, match="undo"):
        undo(report, junior)
    acts = AuditEvent.objects.filter(object_id=str(report.pk), act__startswith="levels.").order_by("sequence")
    assert [event.act for event in acts] == ["levels.relabelled"] * 3 + ["levels.relabel_undone"] * 3
    assert [m.act for m in report.level_maps.all()] == ["found", "shift", "insert", "remove", "undo", "undo", "undo"]


def test_a_correction_of_a_report_that_changed_meanwhile_is_refused(junior: User) -> None:
    report = make_draft()
    seen = report.version
    change(report, "quality", "good", junior)
    for act in (
        lambda: services.insert_level(report, "C5/6", by=junior, expected_version=seen),
        lambda: services.undo_relabel(report, by=junior, expected_version=seen),
    ):
        with pytest.raises(StaleVersion):
            act()
    assert report.level_maps.count() == 1


@pytest.mark.parametrize(
    "mapping",
    [{"C9": "C5"}, {"C4": "C5/6"}, {"C4": "C5", "C5": "C5"}, {"C4": "C6", "C5": "C5"}, {"C5/6": "C9"}],
)
def test_a_level_map_is_one_to_one_and_in_order(mapping: dict[str, str | None]) -> None:
    with pytest.raises(NotALine):
        Line().set_to(mapping)


def test_all_levels_can_be_set_at_once(junior: User) -> None:
    report = make_draft()
    mapping = {**IDENTITY, "C5/6": "C6/7", "C6/7": None}
    services.set_level_mapping(report, mapping, by=junior, expected_version=report.version)
    assert row(report, "disc_class@C6/7").machine_value == "herniation"
    with pytest.raises(InvalidInput):
        services.set_level_mapping(report, mapping, by=junior, expected_version=report.version)


def test_no_level_left_is_refused(junior: User) -> None:
    report = make_draft()
    with pytest.raises(InvalidInput, match="left"):
        relabel(report, junior, shift=8)


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
