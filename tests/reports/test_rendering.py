"""The words of a report: the worked example, both languages alike, unset never normal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.reports.critical import SHIPPED, criticals
from reporting.reports.places import Place
from reporting.reports.rendering import Language, Rendering, render
from reporting.reports.sheet import Facts, Sheet, Statement, Value
from reporting.reports.states import FindingState
from reporting.reports.template import CURRENT
from reporting.reports.template.spec import Block, Fill, Kind
from tests.reports.sheets import FACTS, WORKED_EXAMPLE, normal_sheet_with, normal_values, said, sheet_of

# The worked example of the report template, word for word; Chinese punctuation is full width on our page.
FINDINGS_EN = [
    "Levels were counted from C2.",
    "Grade I retrolisthesis of C4 on C5.",
    "Osteophytes at C5-C7.",
    "C4/5: disc bulge, CSF space mostly lost, cord shape kept.",
    "C5/6: right paracentral herniation with right ligamentum flavum thickening; "
    "the cord is deformed and shows faint T2 high signal over 8 mm.",
    "Right C5/6 foramen severely narrowed with compression of the right C6 root.",
    "C2/3, C3/4 and C6/7: no bulge or herniation.",
    "C7/T1: not assessed.",
]
IMPRESSION_EN = [
    "Cord compression at C5/6 with T2 signal change (grade 3), from a right paracentral herniation and thickened "
    "ligamentum flavum.",
    "C4/5 bulge with grade 1 canal narrowing.",
    "Severe right C5/6 foraminal narrowing, right C6 root compressed.",
    "Grade I retrolisthesis of C4.",
    "Osteophytes C5-C7.",
]
FINDINGS_ZH = [
    "节段自C2向下计数。",
    "C4椎体I度后滑脱。",
    "C5-C7椎体骨质增生。",
    "C4/5椎间盘膨出,蛛网膜下腔大部消失,脊髓形态尚可。",
    "C5/6椎间盘右侧旁中央型突出,右侧黄韧带增厚,脊髓受压变形,内见长约8 mm模糊T2高信号。",
    "右侧C5/6椎间孔重度狭窄,右侧C6神经根受压。",
    "C2/3、C3/4、C6/7椎间盘未见膨出或突出。",
    "C7/T1未评价。",
]
IMPRESSION_ZH = [
    "C5/6水平脊髓受压伴T2信号异常（3级）,由右侧旁中央型突出及黄韧带增厚所致。",
    "C4/5椎间盘膨出,椎管狭窄1级。",
    "右侧C5/6椎间孔重度狭窄,右侧C6神经根受压。",
    "C4椎体I度后滑脱。",
    "C5-C7椎体骨质增生。",
]


def sentences(rendering: Rendering) -> list[str]:
    return [s.text.replace("，", ",") for section in rendering.sections for s in section.sentences]


def both(sheet: Sheet) -> tuple[Rendering, Rendering]:
    return render(sheet, Language.EN), render(sheet, Language.ZH)


def is_in_order(wanted: list[str], told: list[str]) -> bool:
    rest = iter(told)
    return all(sentence in rest for sentence in wanted)


@pytest.mark.parametrize(
    ("language", "findings", "impression"),
    [(Language.EN, FINDINGS_EN, IMPRESSION_EN), (Language.ZH, FINDINGS_ZH, IMPRESSION_ZH)],
)
def test_the_worked_example_comes_out(language: Language, findings: list[str], impression: list[str]) -> None:
    rendering = render(normal_sheet_with(WORKED_EXAMPLE), language)
    assert is_in_order(findings, sentences(rendering)), sentences(rendering)
    assert [s.text.replace("，", ",") for s in rendering.impression] == impression


def test_all_normal_says_so_and_names_what_was_not_assessed() -> None:
    en, zh = both(normal_sheet_with({}))
    assert [s.text for s in en.impression] == ["No significant abnormality of the cervical spine."]
    assert [s.text for s in zh.impression] == ["颈椎MR平扫未见明显异常。"]
    assert "C7/T1: not assessed." in en.findings_text


def test_all_normal_with_c7_t1_in_view_leaves_nothing_unassessed() -> None:
    facts = Facts(sequences=FACTS.sequences, extra_levels=frozenset({"T1", "C7/T1"}))
    en, zh = both(normal_sheet_with({}, facts))
    assert "No disc bulge or herniation." in en.findings_text
    assert "assessed" not in en.text
    assert "未评价" not in zh.text


def test_an_empty_report_calls_nothing_normal() -> None:
    en, zh = both(Sheet(CURRENT, {}, FACTS))
    for spec in CURRENT.fields:
        if spec.normal_en:
            assert spec.normal_en not in en.text
            assert spec.normal_zh not in zh.text
        if spec.clause_en:
            assert f": {spec.clause_en}" not in en.text
    assert [s.text for s in en.impression] == ["Not assessed."]
    assert [s.text for s in zh.impression] == ["未评价。"]


def test_confirmed_levels_and_a_good_image_are_no_finding_without_abnormality() -> None:
    exam = {key: value for key, value in normal_values().items() if CURRENT[Place.parse(key).field].block is Block.EXAM}
    assert len(exam) > 1
    en, zh = both(sheet_of(exam))
    assert [s.text for s in en.impression] == ["Not assessed."]
    assert [s.text for s in zh.impression] == ["未评价。"]


@pytest.mark.parametrize("state", [FindingState.AI_SUGGESTED, FindingState.UNSET, FindingState.NOT_EVALUABLE])
def test_only_a_human_value_is_printed(state: FindingState) -> None:
    """Take any one field of a complete report out of human hands: its words must go and be called not assessed."""
    full = normal_sheet_with(WORKED_EXAMPLE)
    for key in ("slip@C4", "disc_class@C5/6", "lf@C5/6:right", "canal_grade@C4/5", "quality", "cord_size"):
        place = Place.parse(key)
        value = full.at(place).value if state is FindingState.AI_SUGGESTED else None
        statements = {**full.statements, place: Statement(state=state, value=value, machine_value=value)}
        rendering = render(Sheet(CURRENT, statements, FACTS), Language.EN)
        claims = [s for part in rendering.sections for s in part.sentences if key in s.sources]
        assert claims, key
        assert all("assessed" in s.text.lower() for s in claims), (key, claims)


def test_a_range_never_crosses_an_unset_level() -> None:
    values = normal_values()
    del values["disc_class@C4/5"]
    text = render(sheet_of(values), Language.EN).findings_text
    assert "C2/3, C3/4, C5/6 and C6/7: no bulge or herniation." in text
    assert "Not assessed: disc at C4/5." in text


def test_equal_neighbours_are_told_together() -> None:
    changes: dict[str, Value] = {f"disc_class@{level}": "bulge" for level in ("C3/4", "C4/5", "C5/6")}
    en, zh = both(normal_sheet_with(changes))
    assert "C3/4 to C5/6: disc bulge." in en.findings_text
    assert "C3/4至C5/6椎间盘膨出。" in zh.findings_text
    assert [s.text for s in en.impression] == ["Mild degenerative change."]


def test_posterior_osteophytes_at_a_deformed_cord_come_before_mere_degeneration() -> None:
    changes: dict[str, Value] = {"osteophyte@C5": "present", "osteophyte_site@C5": ["posterior"], "slip@C3": "present"}
    changes |= {"slip_direction@C3": "anterior", "slip_grade@C3": "I", "canal_grade@C5/6": "2"}
    lines = [s.text for s in both(normal_sheet_with(changes))[0].impression]
    assert lines.index("Osteophytes C5.") < lines.index("Grade I anterolisthesis of C3.")
    milder = normal_sheet_with({**changes, "canal_grade@C5/6": "1"})
    lines = [s.text for s in both(milder)[0].impression]
    assert lines.index("Osteophytes C5.") > lines.index("Grade I anterolisthesis of C3.")


def test_a_herniation_always_reaches_the_impression() -> None:
    changes: dict[str, Value] = {
        "disc_class@C6/7": "herniation",
        "hern_zone@C6/7": "foraminal",
        "hern_side@C6/7": "left",
        "hern_form@C6/7": "extrusion",
        "hern_migration@C6/7": "up",
    }
    en, zh = both(normal_sheet_with(changes))
    assert en.impression[0].text == "Left foraminal extrusion with upward migration at C6/7."
    assert zh.impression[0].text == "C6/7椎间盘左侧椎间孔型脱出并向上移位。"


def test_every_contributor_is_named_as_a_cause() -> None:
    changes: dict[str, Value] = {
        "canal_grade@C4/5": "2",
        "disc_class@C4/5": "bulge",
        "pll@C4/5": "thickened",
        "lf@C4/5:left": "thickened",
        "osteophyte@C5": "present",
        "osteophyte_site@C5": ["posterior"],
        "slip@C4": "present",
        "slip_direction@C4": "anterior",
        "slip_grade@C4": "II",
    }
    en, zh = both(normal_sheet_with(changes))
    canal = next(s.text for s in en.impression if "Cord compression" in s.text)
    assert canal.endswith(
        "from a disc bulge, thickened posterior longitudinal ligament, thickened ligamentum flavum, "
        "posterior osteophytes and the slip of C4."
    )
    assert "由椎间盘膨出、后纵韧带增厚、黄韧带增厚、椎体后缘骨质增生及C4椎体滑脱所致。" in zh.impression_text


def test_only_mild_degeneration_folds_beyond_seven_lines() -> None:
    changes: dict[str, Value] = {f"osteophyte@C{n}": "present" for n in range(3, 8)}
    changes |= {"slip@C3": "present", "slip_direction@C3": "anterior", "slip_grade@C3": "I"}
    for level in ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7"):
        changes |= {f"disc_class@{level}": "herniation", f"hern_zone@{level}": "central"}
    changes |= {"foramen@C5/6:left": "2", "foramen@C6/7:left": "2", "marrow@C4": "focal_suspicious"}
    en, zh = both(normal_sheet_with(changes))
    assert len(en.impression) == len(zh.impression) == 9
    assert "Suspicious focal marrow lesion in C4" in en.impression[0].text
    assert en.impression[-1].text == "Other levels: mild degenerative change."
    assert {"slip@C3", "osteophyte@C3"} <= set(en.impression[-1].sources)


def test_grade_1_foramina_count_on_the_symptomatic_side_only() -> None:
    changes: dict[str, Value] = {"foramen@C5/6:left": "1", "foramen@C4/5:right": "1"}
    changes["indication_tags"] = ["radicular_left"]
    en = render(normal_sheet_with(changes), Language.EN)
    assert [s.text for s in en.impression] == ["Mild to moderate left C5/6 foraminal narrowing."]


def test_numbers_print_only_when_a_human_stands_behind_them() -> None:
    sheet = normal_sheet_with({"pll@C5/6": "thickened"})
    place = Place.parse("pll_mm@C5/6")
    suggested = Statement(state=FindingState.AI_SUGGESTED, value=2.6, machine_value=2.6)
    assert "2.6" not in render(Sheet(CURRENT, {**sheet.statements, place: suggested}, FACTS), Language.EN).text
    confirmed = render(Sheet(CURRENT, {**sheet.statements, place: said(2.6)}, FACTS), Language.EN)
    assert "posterior longitudinal ligament thickening (2.6 mm)" in confirmed.text


def test_an_abnormal_value_of_every_field_prints_in_both_languages() -> None:
    for spec in CURRENT.fields:
        if spec.kind not in (Kind.CHOICE, Kind.MULTI) or spec.default is None:
            continue
        for choice in spec.choices:
            if choice.code == spec.default or spec.key in ("level_method", "coverage", "comparison"):
                continue
            place = next(iter(normal_sheet_with({}).places(spec, usual=True)))
            value: Value = [choice.code] if spec.kind is Kind.MULTI else choice.code
            changes: dict[str, Value] = {str(place): value}
            en, zh = both(normal_sheet_with(changes))
            normal_en, normal_zh = both(normal_sheet_with({}))
            assert en.findings_text != normal_en.findings_text, (spec.key, choice.code)
            assert zh.findings_text != normal_zh.findings_text, (spec.key, choice.code)


# --- parity -----------------------------------------------------------------------------------------------------------
LEVEL = re.compile(r"[CT]\d(?:/[T\d]\d?)?")
NEGATIONS_EN = re.compile(r"\b(no|not|without|normal|preserved|maintained|unremarkable|patent|adequate|kept)\b")
NEGATIONS_ZH = re.compile(r"(未|无|正常|存在|规整|通畅|满足|尚可)")


def assert_parity(sheet: Sheet) -> None:
    """The same sentences in the same order, with the same sources, levels and sides."""
    en, zh = both(sheet)
    pairs = [
        *zip(
            [s for part in en.sections for s in part.sentences],
            [s for part in zh.sections for s in part.sentences],
            strict=True,
        ),
        *zip(en.impression, zh.impression, strict=True),
    ]
    for in_english, in_chinese in pairs:
        assert in_english.sources == in_chinese.sources
        # English names the vertebra a slip stands on, Chinese by custom does not.
        levels_en = sorted(LEVEL.findall(re.sub(r" on [CT]\d", "", in_english.text)))
        assert levels_en == sorted(LEVEL.findall(in_chinese.text)), (in_english, in_chinese)
        for word, sign in (("left", "左"), ("right", "右")):
            assert (word in in_english.text.lower()) == (sign in in_chinese.text), (in_english, in_chinese)
        for word in ("bilateral", "both"):
            if word in in_english.text.lower().split():
                assert "双侧" in in_chinese.text


abnormal_places = [
    (str(place), spec, choice.code)
    for spec in CURRENT.fields
    if spec.kind in (Kind.CHOICE, Kind.MULTI) and spec.block.value in ("vertebra", "disc", "cord", "alignment")
    for place in Sheet(CURRENT, {}, FACTS).places(spec, usual=True)
    for choice in spec.choices
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(abnormal_places), max_size=25), st.booleans())
def test_english_and_chinese_say_the_same(chosen: list[tuple[str, object, str]], on_normal: bool) -> None:
    values = normal_values() if on_normal else {}
    for key, spec, code in chosen:
        values[key] = [code] if spec.kind is Kind.MULTI else code  # type: ignore[attr-defined]
    assert_parity(sheet_of(values))


def test_the_worked_example_has_parity() -> None:
    assert_parity(normal_sheet_with(WORKED_EXAMPLE))


@pytest.mark.parametrize("spec", [f for f in CURRENT.fields if f.normal_en], ids=lambda f: f.key)
def test_a_normal_sentence_denies_in_both_languages(spec: object) -> None:
    texts_en = (spec.normal_en, spec.clause_en)  # type: ignore[attr-defined]
    texts_zh = (spec.normal_zh, spec.clause_zh)  # type: ignore[attr-defined]
    if spec.key in ("level_method", "vertebral_arteries"):  # type: ignore[attr-defined]
        return
    for en, zh in zip(texts_en, texts_zh, strict=True):
        assert bool(en) == bool(zh)
        assert not en or (NEGATIONS_EN.search(en.lower()) and NEGATIONS_ZH.search(zh)), (en, zh)


everywhere = [place for spec in CURRENT.fields for place in Sheet(CURRENT, {}, FACTS).places(spec)]
wherever = [p for p in everywhere if CURRENT[p.field].fill is not Fill.AUTOMATIC]


@st.composite
def sheets_with_suggestions(draw: st.DrawFn) -> Sheet:
    """Any places confirmed by a person, any others suggested by the machine, every kind of value."""
    statements: dict[Place, Statement] = {}
    for place in draw(st.lists(st.sampled_from(wherever), max_size=60, unique=True)):
        spec = CURRENT[place.field]
        value: Value
        if spec.kind is Kind.NUMBER:
            value = 77.7
        elif spec.kind is Kind.TEXT:
            value = "words of a machine"
        else:
            code = draw(st.sampled_from([c.code for c in spec.choices]))
            value = [code] if spec.kind is Kind.MULTI else code
        state = draw(
            st.sampled_from([FindingState.AI_SUGGESTED, FindingState.AI_SUGGESTED, FindingState.HUMAN_CHANGED])
        )
        statements[place] = Statement(state=state, value=value, machine_value=value, machine_positive=True)
    return Sheet(CURRENT, statements, FACTS)


@settings(max_examples=150, deadline=None)
@given(sheets_with_suggestions())
def test_what_the_machine_alone_said_changes_no_character_of_the_report(sheet: Sheet) -> None:
    human = {place: s for place, s in sheet.statements.items() if s.state is not FindingState.AI_SUGGESTED}
    for language in Language:
        assert render(sheet, language) == render(replace(sheet, statements=human), language)
    assert criticals(sheet, SHIPPED) == criticals(replace(sheet, statements=human), SHIPPED), "AI alone never alerts"
