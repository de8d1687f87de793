"""Paragraphs read back: both languages claim the same, what the fields say, and every slip of a hand is noticed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reporting.reports.house_rules import SHIPPED_RULES, HouseRules
from reporting.reports.prose import Claim, claims_in, compare, parity
from reporting.reports.prose.own_words import own_concepts
from reporting.reports.rendering import Language, Rendering, render
from reporting.reports.sheet import Value
from tests.reports.sheets import WORKED_EXAMPLE, normal_sheet_with

DISCS = ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C7/T1")
VERTEBRAE = ("C2", "C3", "C4", "C5", "C6", "C7")
SIDES = ("left", "right")
# Words that name neither what is narrow nor a narrowing, one that looks like a denial, one that speaks of the signal.
OWN_WORDS = HouseRules(canal_zh={"1": "轻度受限", "2": "脊髓无回避空间", "3": "脊髓变扁伴信号增高"})


@st.composite
def _disc(draw: st.DrawFn, level: str) -> dict[str, Value]:
    values: dict[str, Value] = {"disc_class": draw(st.sampled_from(("normal", "bulge", "herniation")))}
    if values["disc_class"] == "herniation":
        values["hern_zone"] = draw(st.sampled_from(("central", "paracentral", "foraminal", "extraforaminal")))
        if values["hern_zone"] != "central":
            values["hern_side"] = draw(st.sampled_from(SIDES))
        values["hern_form"] = draw(st.sampled_from(("protrusion", "extrusion", "sequestration")))
        if draw(st.booleans()):
            values |= {
                "hern_zone#2": "foraminal",
                "hern_side#2": draw(st.sampled_from(SIDES)),
                "hern_form#2": "extrusion",
            }
    values["canal_grade"] = draw(st.sampled_from(("0", "1", "2", "3")))
    values["pll"] = draw(st.sampled_from(("not_thickened", "thickened")))
    values["pll_ossification"] = draw(st.sampled_from(("not_suspected", "segmental")))
    values["discitis"] = draw(st.sampled_from(("not_suspected", "not_suspected", "suspected")))
    for side in SIDES:
        values[f"lf:{side}"] = draw(st.sampled_from(("not_thickened", "thickened")))
        values[f"foramen:{side}"] = draw(st.sampled_from(("0", "1", "2")))
        if draw(st.booleans()):
            values[f"nerve_root:{side}"] = draw(st.sampled_from(("not_contacted", "contacted", "compressed")))
        if values[f"foramen:{side}"] != "0" and draw(st.booleans()):
            values[f"foramen_cause:{side}"] = draw(st.sampled_from(("disc", "uncovertebral", "facet", "mixed")))
    return {_key(name, level): value for name, value in values.items()}


def _key(name: str, level: str) -> str:
    """``lf:left`` at C5/6 is ``lf@C5/6:left``, and ``hern_zone#2`` is ``hern_zone@C5/6#2``."""
    return re.sub(r"^[a-z_]+", lambda field: f"{field[0]}@{level}", name)


@st.composite
def _vertebra(draw: st.DrawFn, level: str) -> dict[str, Value]:
    values: dict[str, Value] = {
        "slip": "none" if level == "C7" else draw(st.sampled_from(("none", "present"))),
        "osteophyte": draw(st.sampled_from(("absent", "present"))),
        "fracture": draw(st.sampled_from(("none", "none", "present"))),
        "height": draw(st.sampled_from(("normal", "loss_mild"))),
        "marrow": draw(st.sampled_from(("normal", "haemangioma", "focal_suspicious", "diffuse_low_t1"))),
        "endplate_upper": [draw(st.sampled_from(("normal", "modic_1", "schmorl")))],
        "posterior_elements": [draw(st.sampled_from(("normal", "facet_left", "facet_right")))],
    }
    if values["slip"] == "present":
        directions = ("anterior", "posterior", "lateral_left", "lateral_right")
        values["slip_direction"] = draw(st.sampled_from(directions))
        values["slip_grade"] = draw(st.sampled_from(("I", "II")))
    if values["osteophyte"] == "present":
        sites = ("anterior", "posterior", "uncovertebral_left", "uncovertebral_right")
        chosen = draw(st.sets(st.sampled_from(sites), min_size=1))
        values["osteophyte_site"] = [site for site in sites if site in chosen]  # as it is stored
    return {f"{key}@{level}": value for key, value in values.items()}


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Value]:
    """A complete report in which everything that a paragraph can claim may be so or otherwise."""
    values: dict[str, Value] = {}
    for level in DISCS:
        values |= draw(_disc(level))
    for level in VERTEBRAE:
        values |= draw(_vertebra(level))
    values["scoliosis"] = draw(st.sampled_from(("absent", "present_left", "present_right")))
    values["lordosis"] = draw(st.sampled_from(("preserved", "straightened", "reversed")))
    values["tonsils"] = draw(st.sampled_from(("normal", "low_lying", "chiari_suspected")))
    values["vertebral_arteries"] = draw(st.sampled_from(("present", "absent_left", "absent_right", "absent_both")))
    values["prevertebral"] = draw(st.sampled_from(("normal", "swollen", "collection")))
    grade_3 = [level for level in DISCS if values[f"canal_grade@{level}"] == "3"]
    if grade_3:
        values |= {"cord_signal": "faint_t2", "signal_level_from": grade_3[0], "signal_level_to": grade_3[-1]}
    return values


def paragraphs(rendering: Rendering) -> list[str]:
    gap = " " if rendering.language is Language.EN else ""
    return [*(gap.join(s.text for s in part.sentences) for part in rendering.sections), rendering.impression_text]


@pytest.mark.parametrize("rules", [SHIPPED_RULES, OWN_WORDS], ids=["as shipped", "own words"])
@settings(max_examples=10, deadline=None)
@given(values=reports())
def test_both_languages_claim_the_same_and_what_the_fields_say(values: dict[str, Value], rules: HouseRules) -> None:
    sheet = replace(normal_sheet_with(values), rules=rules)
    pairs = zip(*(paragraphs(render(sheet, language)) for language in Language), strict=True)
    for english, chinese in pairs:
        assert parity(english, chinese, rules) == [], (english, chinese)
        assert compare(english, english, sheet) == [], english
        assert compare(chinese, chinese, sheet) == [], chinese


def _swapped(text: str, *pairs: tuple[str, str]) -> str:
    words = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    words |= {a.capitalize(): b.capitalize() for a, b in words.items()}
    return re.sub("|".join(map(re.escape, words)), lambda match: words[match[0]], text)


@settings(max_examples=10, deadline=None)
@given(reports())
def test_a_swapped_side_is_noticed_in_either_language(values: dict[str, Value]) -> None:
    sheet = normal_sheet_with(values)
    for language, sides in ((Language.EN, ("left", "right")), (Language.ZH, ("左", "右"))):
        for text in paragraphs(render(sheet, language)):
            other = _swapped(text, sides)
            claims = {c for c in claims_in(text) if c.side and c.present}
            lonely = [c for c in claims if Claim(c.concept, c.level, _other(c.side), True) not in claims]
            kinds = {m.kind for m in compare(other, text, sheet)}
            # Where every finding is on both sides, nothing was changed. Where the other side is found too but need not
            # be told (a mild foramen in the impression), the one that had to be told is missing.
            assert bool(kinds & {"side", "missing"}) == bool(lonely), (text, other)


def _other(side: str) -> str:
    return "right" if side == "left" else "left"


@settings(max_examples=10, deadline=None)
@given(reports(), st.sampled_from(DISCS), st.sampled_from(DISCS))
def test_a_finding_moved_to_a_level_without_it_is_noticed(values: dict[str, Value], here: str, there: str) -> None:
    sheet = normal_sheet_with(values)
    for language in Language:
        text = paragraphs(render(sheet, language))[3]
        moved = _swapped(text, (here, there))
        before, after = claims_in(text), claims_in(moved)
        # Less said of what is normal is no error, nor is one side of what was normal on both: only a new claim, or a
        # finding that is no longer told.
        new = {one for one in after - before if one.present or replace(one, side="") not in before}
        assume(new or any(claim.present for claim in before - after))
        assert compare(moved, text, sheet), (text, moved)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("C5/6: left paracentral herniation.", "side"),
        ("C5/6椎间盘左侧旁中央型突出。", "side"),
        ("C4/5: right paracentral herniation.", "level"),
        ("C4/5椎间盘右侧旁中央型突出。", "level"),
        ("No disc herniation at C5/6.", "negation"),
        ("C5/6椎间盘未见突出。", "negation"),
        ("No disc herniation.", "negation"),
        ("Slip of C5 on C6.", "level"),
        ("C6椎体滑脱。", "level"),
        ("C4椎体未见滑脱。", "negation"),
        ("Fracture of C3.", "negation"),
        ("C3椎体骨折。", "negation"),
        ("Dens and C7/T1 are seen.", "level"),
        ("C5/6: the cord shows signal over 12 mm.", "number"),
        ("Left C5/6 foramen severely narrowed.", "side"),
        ("左侧C5/6椎间孔重度狭窄。", "side"),
        ("The left C6 root is compressed at C5/6.", "side"),
        ("No canal narrowing.", "negation"),
        ("Normal cervical spine.", "missing"),
    ],
)
def test_a_paragraph_that_says_otherwise_than_the_fields_is_named(text: str, kind: str) -> None:
    sheet = normal_sheet_with(WORKED_EXAMPLE)
    generated = render(sheet, Language.EN).impression_text
    assert kind in {m.kind for m in compare(text, generated, sheet)}


@pytest.mark.parametrize(
    "text",
    [
        "C5/6: right paracentral disc protrusion compressing the cord, T2 hyperintensity 8 mm.",
        "C5/6椎间盘向右侧旁中央突出。",
        "Bulge at C4/5, no bulge or herniation elsewhere.",
        "C2/3、C3/4、C6/7椎间盘未见膨出或突出，余节段无椎管狭窄。",
        "Grade 1 canal narrowing at C4/5 but no cord compression at C6/7.",
        "C7/T1 was not assessed.",
        "A C5/6 herniation on the right; a marrow lesion cannot be excluded by this sequence alone.",
        "Osteophytes at C5, C6 and C7; the right C6 root is compressed.",
    ],
)
def test_own_words_for_the_same_facts_pass(text: str) -> None:
    sheet = normal_sheet_with(WORKED_EXAMPLE)
    wrong = [m for m in compare(text, "", sheet) if m.kind != "unsupported" and m.concept != "marrow"]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("C4/5轻度受限。", "grade 1 is there"),
        ("C4/5水平椎管轻度受限。", "grade 1 is there"),
        ("C5/6：脊髓变扁伴信号增高。", "grade 3 is there"),
        ("C6/7轻度受限。", "level"),
        ("C3/4脊髓无回避空间。", "level"),
        ("C5/6未见脊髓变扁伴信号增高。", "negation"),
        ("C4/5椎管未见轻度受限。", "negation"),
    ],
)
def test_a_departments_own_words_of_the_canal_are_held_to_the_fields(text: str, kind: str) -> None:
    sheet = replace(normal_sheet_with(WORKED_EXAMPLE), rules=OWN_WORDS)
    found = {m.kind for m in compare(text, text, sheet) if m.concept in ("canal", "signal")}
    assert found == (set() if "is there" in kind else {kind})


def test_a_canal_told_in_own_words_is_not_missing() -> None:
    sheet = replace(normal_sheet_with(WORKED_EXAMPLE), rules=OWN_WORDS)
    generated = render(sheet, Language.ZH).impression_text
    assert "canal" in {m.concept for m in compare("C5/6椎间盘右侧旁中央型突出。", generated, sheet)}
    told = "C5/6脊髓变扁伴信号增高。C4/5轻度受限。"
    assert not {"canal", "signal"} & {m.concept for m in compare(told, generated, sheet)}


def test_own_words_belong_to_the_canal_alone() -> None:
    words = own_concepts(HouseRules(canal_zh={"1": "轻度狭窄"}))
    assert claims_in("右侧C4/5椎间孔轻度狭窄。", words) == {Claim("foramen", "C4/5", "right", True)}


def test_what_one_language_leaves_out_is_told() -> None:
    english = "C5/6: right paracentral herniation."
    assert parity(english, "C5/6椎间盘右侧旁中央型突出。") == []
    assert {m.concept for m in parity(english, "C5/6椎间盘未见异常。")} == {"herniation"}


def _lf(*sides: str) -> dict[str, Value]:
    """Thick ligaments at these places ("C5/6:left") and nowhere else."""
    every = {f"lf@{level}:{side}": "not_thickened" for level in DISCS for side in SIDES}
    return {**every, **{f"lf@{side}": "thickened" for side in sides}}


def test_the_side_of_one_level_cannot_be_read_as_the_side_of_all() -> None:
    values = _lf("C3/4:right", "C4/5:left", "C4/5:right", "C6/7:left", "C6/7:right", "C7/T1:left", "C7/T1:right")
    disc = {language: paragraphs(render(normal_sheet_with(values), language))[3] for language in Language}
    assert "C2/3 (both sides), C3/4 (left) and C5/6 (both sides): ligamenta flava not thickened." in disc[Language.EN]
    assert "C2/3双侧、C3/4左侧、C5/6双侧黄韧带未见增厚。" in disc[Language.ZH]


def test_the_side_of_all_levels_cannot_be_read_as_the_side_of_the_last() -> None:
    facets: dict[str, Value] = {f"posterior_elements@{level}": ["facet_left"] for level in ("C4", "C5")}
    sheet = normal_sheet_with(_lf("C5/6:right", "C6/7:right") | facets)
    chinese = render(sheet, Language.ZH).text
    assert "C5/6、C6/7水平右侧黄韧带增厚" in chinese
    assert "C4、C5水平左侧小关节退变。" in chinese


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("C5/6、C6/7水平右侧黄韧带增厚。", {("C5/6", "right"), ("C6/7", "right")}),
        ("C5/6、C6/7右侧黄韧带增厚。", {("C5/6", "right"), ("C6/7", "right")}),
        ("C3/4双侧、C5/6左侧黄韧带增厚。", {("C3/4", "left"), ("C3/4", "right"), ("C5/6", "left")}),
        ("C3/4、C4/5左侧、C6/7右侧黄韧带增厚。", {("C3/4", "left"), ("C4/5", "left"), ("C6/7", "right")}),
        ("C3/4至C5/6左侧黄韧带增厚。", {("C3/4", "left"), ("C4/5", "left"), ("C5/6", "left")}),
        ("C3/4 (left) and C5/6 (right): thickened ligamentum flavum.", {("C3/4", "left"), ("C5/6", "right")}),
        ("C3/4 and C5/6 (right): thickened ligamentum flavum.", {("C3/4", ""), ("C5/6", "right")}),
        (
            "C3/4 (both sides) and C5/6 (right): thickened ligamentum flavum.",
            {("C3/4", "left"), ("C3/4", "right"), ("C5/6", "right")},
        ),
    ],
)
def test_each_side_is_read_with_the_levels_it_belongs_to(text: str, places: set[tuple[str, str]]) -> None:
    assert claims_in(text) == {Claim("lf", level, side, True) for level, side in places}


_LEVEL = r"[CT]\d(?:/[CT]?\d)?"
_SIDED_ITEM = re.compile(rf"{_LEVEL}(?:[左右双]侧| \((?:left|right|both sides)\))")
_LEVELS = re.compile(
    rf"{_LEVEL}(?:[左右双]侧| \([a-z ]+\))?(?:(?:、|至|-|, | and | to ){_LEVEL}(?:[左右双]侧| \([a-z ]+\))?)+"
)


@settings(max_examples=10, deadline=None)
@given(reports())
def test_in_a_list_of_levels_every_side_is_told_or_none(values: dict[str, Value]) -> None:
    for language in Language:
        for found in _LEVELS.findall(render(normal_sheet_with(values), language).findings_text):
            items = re.split("、|, | and ", found)
            assert len({bool(_SIDED_ITEM.search(item)) for item in items}) == 1, found
