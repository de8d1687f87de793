"""Twenty reports that differ in all that leaves with them: people, character sets, images, findings, words, fate.

Every form of export is checked on these (test_validators.py). What our font cannot print nobody can sign: emoji and
rare characters come with names and descriptions only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporting.accounts.models import User
from reporting.predictions.models import Algorithm
from reporting.reports import services
from reporting.reports.models import Report, ReportVersion
from reporting.reports.places import Place
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths
from tests.browser.neck import STUDY_UID
from tests.reader_studies.necks import make_algorithm
from tests.reports.factories import PASSWORD, accept, change, place, sign
from tests.reports.varied_studies import Origin, number_of, read_by_machine, write_study

_NORMAL = {"disc_class": "normal", "slip": "none", "osteophyte": "absent"}
_NORMAL |= {"pll": "not_thickened", "lf": "not_thickened"}
_ESCAPES = "a|b^c~d&e\\f #1 =SUM(A1) <b>&amp;]]> {{ x }}\nsecond line"


@dataclass(frozen=True)
class Case:
    """``machine``: what became of its values, or that there were none."""

    origin: Origin
    machine: str = "confirmed"
    changed: tuple[tuple[str, Any], ...] = ()
    not_evaluable: tuple[str, ...] = ()
    comment: str = ""
    impression: str = ""
    addendum: str = ""
    is_withdrawn: bool = False
    is_preliminary: bool = False


_JAPANESE = ["", "ISO 2022 IR 87"]
_KOREAN = ["", "ISO 2022 IR 149"]
_CHINESE = ["", "ISO 2022 IR 58"]
CASES = (
    Case(Origin("Zhang^San=张^三", patient_id="")),
    Case(
        Origin("Ouyang^Nana=欧阳^娜娜", "GB18030", description="颈椎MR平扫", referring="Li^Ming=李^明"),
        changed=(("lf@C3/4:left", "thickened"), ("lf_mm@C3/4:left", 4.2)),
        comment="后补：左侧。颈髓 “quoted” – ≥ 3 mm²",
        addendum="补充说明 seen again",
    ),
    Case(
        Origin("Wang^XiaoDong=王^小东", _CHINESE, sex="F", referring="Chen^Hua=陈^华"),
        not_evaluable=("lf@C4/5:right", "cord_signal"),
        is_withdrawn=True,
    ),
    Case(
        Origin("Yamada^Tarou=山田^太郎=やまだ^たろう", _JAPANESE, birth=""),
        changed=(("pll@C5/6", "not_thickened"), ("pll@C3/4", "thickened")),
        comment="頚椎 ヘルニア、脊髄圧迫",
        addendum="more words",
        is_withdrawn=True,
    ),
    Case(
        Origin("Hong^Gildong=洪^吉洞=홍^길동", _KOREAN, sex=""), comment="全角　ＡＢＣ ①②Ⅲ ㎜ ㎡", is_preliminary=True
    ),
    Case(Origin("Müller^Jörg^^Dr.", "ISO_IR 100", accession="", sex="O"), machine="rejected"),
    Case(Origin("Buc^Jérôme", "ISO_IR 100", has_t1=False, study_date=""), changed=(("disc_class@C4/5", "bulge"),)),
    Case(
        Origin("O'Brien^A|B&C", None, sex="U", accession="A&7", description="Neck\\HWS\tMR", referring="A\\B"),
        comment=_ESCAPES,
        addendum=_ESCAPES,
    ),
    Case(Origin("=欧阳^娜娜", birth="", sex="", accession=""), machine="rejected", is_withdrawn=True),
    Case(
        Origin("Enhanced^Eve=多^帧", is_multi_frame=True),
        changed=(("hern_zone@C5/6", "central"), ("canal_grade@C5/6", "2")),
    ),
    Case(Origin("", patient_id="X^1|2&3", issuer="HOSP|1"), machine="none", impression="Nothing. 未见异常。"),
    Case(
        Origin("Wang^𠀀🦴=王^𠀀🦴", description="颈椎 🦴 𪚥", referring="^^^^"),
        changed=(("slip_mm@C4", 3.1), ("c2c7_angle_deg", -21.5), ("cord_csa_mm2", 61.0), ("mscc_pct", 22.5)),
        comment="↑ ½ ± × ÷ √ ∞ ≈ ≠ ≤ ° ′ ″ € 龘靐齉㐂",
    ),
    Case(Origin("قباني^لنزار", "ISO_IR 127"), comment="ألم في الرقبة, right to left", is_preliminary=True),
    Case(
        Origin("Люкceмбypг", "ISO_IR 144", birth=""),
        changed=(("fracture@C6", "present"), ("fracture_canal@C6", "no")),
        addendum="шея",
    ),
    Case(
        Origin("Nguye\u0302\u0303n^Thi=阮^氏", is_multi_frame=True, has_t1=False),
        not_evaluable=("disc_class@C6/7", "canal_grade@C6/7", "foramen@C6/7:left"),
        comment="combining: e\u0301 a\u0308 ﬁ ½ ℃ µ Å",
        impression="e\u0301: 1. written by hand\n2. C5/6: ↑↑",
    ),
    Case(Origin("Διονυσιος^Σ", "ISO_IR 126", sex="F"), machine="none", changed=(("marrow@C3", "haemangioma"),)),
    Case(
        Origin(
            "?", None, written="Zhang^San=张^三".encode("gb18030")
        ),  # the scanner says ASCII and writes what it likes
        addendum="the name is as the scanner wrote it",
    ),
    Case(
        Origin("Li^Ming=李^明", "GBK", has_t1=False, issuer="HOSP|1", accession="ABCDEFGHIJKLMNOP"),
        changed=(("foramen@C5/6:left", "2"), ("nerve_root@C5/6:left", "compressed"), ("osteophyte@C3", "present")),
        is_withdrawn=True,
    ),
    Case(Origin("A" * 64, description="D" * 64, birth="19241231"), machine="rejected", comment="x" * 1500),
    Case(
        Origin("Adams^John Robert Quincy^^Rev.^B.A. M.Div.", referring="Ärzte^Ö=医^生=い^せ"),
        changed=(("endplate_upper@C6", ["modic_2", "schmorl"]), ("tonsils", "low_lying"), ("tonsils_mm", 4.0)),
        comment="plain",
        is_preliminary=True,
    ),
)


def varied_versions(folder: Path, by: User) -> Iterator[ReportVersion]:
    """The newest version of each, in order; images, reading, draft and signature by the ordinary ways."""
    algorithm = make_algorithm()
    for number, case in enumerate(CASES):
        write_study(folder, number, case.origin)
    ingest_paths([folder], by=by)
    for number, case in enumerate(CASES):
        study = Study.objects.get(study_instance_uid=f"{STUDY_UID}.{number_of(number)}")
        report = _drafted(study, number, case, algorithm, by)
        _decide(report, case, by)
        version = _signed(report, case, by)
        yield ReportVersion.objects.select_related("report__study__patient", "signature").get(pk=version.pk)


def _drafted(study: Study, number: int, case: Case, algorithm: Algorithm, by: User) -> Report:
    if case.machine == "none":
        return services.start_report(study=study, by=by)
    job = read_by_machine(study, number, case.origin, algorithm, by)
    report = services.draft_report(study=study, job=job)
    assert report is not None
    return report


def _decide(report: Report, case: Case, by: User) -> None:
    """What is normal at once, each other suggestion of the machine, what a person says otherwise, then the rest."""
    services.confirm_levels(report, by=by, expected_version=report.version)
    services.confirm_rest(report, by=by, expected_version=report.version)
    suggested = report.findings.filter(state="ai_suggested")
    for one in list(suggested):
        if suggested.filter(pk=one.pk).exists():  # not decided along with another
            key = str(Place(one.field, one.level, one.side, one.instance))
            if case.machine == "rejected" and one.field in _NORMAL:
                change(report, key, _NORMAL[one.field], by)
            else:
                accept(report, key, by)
    for key, value in case.changed:
        change(report, key, value, by)
    for key in case.not_evaluable:
        services.mark_not_evaluable(report, place(key), by=by, expected_version=report.version)
    if case.comment:
        change(report, "comment_other", case.comment, by)
        change(report, "comment_other_to_impression", "yes", by)
    services.confirm_rest(report, by=by, expected_version=report.version)
    if case.impression:
        services.edit_text(
            report,
            section="impression",
            language="en",
            text=case.impression,
            by=by,
            expected_version=report.version,
        )
    while asked := services.preview(report).unsettled:  # an answer may settle another question
        problem = asked[0]
        said = {"code": problem.code, "fingerprint": problem.fingerprint, "answer": "accepted"}
        services.answer_check(report, by=by, expected_version=report.version, **said)


def _signed(report: Report, case: Case, by: User) -> ReportVersion:
    if case.is_preliminary:
        digest = services.preview(report).digest
        return services.approve_preliminary(report, by=by, expected_version=report.version, content_digest=digest)
    version: ReportVersion = sign(report, by)
    if case.addendum:
        report.refresh_from_db()
        expected = report.version
        version = services.sign_addendum(report, case.addendum, by=by, expected_version=expected, password=PASSWORD)
    if case.is_withdrawn:
        report.refresh_from_db()
        services.withdraw_report(report, "wrong", by=by, expected_version=report.version, password=PASSWORD)
    return version
