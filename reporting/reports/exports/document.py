"""What a printed report says, as plain strings: the one source of PDF and text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone, translation

from reporting.reports.exports.standing import Standing, standing_of
from reporting.reports.exports.suggestions import TITLE, suggestion_lines
from reporting.reports.exports.tables import KEY, Table, tables_of
from reporting.reports.house_rules import rules_in, worded
from reporting.reports.models import Report, ReportVersion, SignatureMeaning, VersionKind
from reporting.reports.template import TEMPLATES, Block
from reporting.reports.wording import reason_text

_SEX = {"M": "male 男", "F": "female 女", "O": "other 其他"}
_LANGUAGES = (
    ("en", "Findings", "Impression", "Technique", " ", ": "),
    ("zh", "所见", "诊断意见", "检查方法", "", "："),
)
_INDICATION = {"indication", "indication_tags", "onset"}
_MEANINGS = {
    SignatureMeaning.PREPARED: "Reporting physician 报告医师",
    SignatureMeaning.VERIFIED: "Verifying physician 审核医师",
    SignatureMeaning.ADDED: "Addendum signed by 补充报告医师",
}
_ALONE = "Reporting and verifying physician 报告及审核医师"


@dataclass(frozen=True)
class Passage:
    """One titled part: ``lines`` are printed one under the other, each a label (may be empty) and its text."""

    language: str
    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Document:
    """Everything on paper. ``watermark`` is empty only for a signed, final report."""

    site: str
    title: str
    status: str
    header: tuple[tuple[str, str], ...]
    passages: tuple[Passage, ...]
    tables: tuple[Table, ...]
    tables_key: str
    signatures: tuple[tuple[str, str], ...]
    machine: str
    watermark: str
    report: str
    made_at: dict[str, int]

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def person_name(name: str) -> str:
    """A DICOM person name for reading: "Zhang San 张三" (PS3.5 6.2.1: groups by ``=``, components by ``^``)."""
    groups = name.split("=")
    words = [" ".join(part for part in groups[0].split("^") if part)]
    words += ["".join(part for part in group.split("^") if part) for group in groups[1:2]]
    return " ".join(word for word in words if word)


def _parts(at: datetime) -> dict[str, int]:
    """A moment in UTC for the file's metadata: the same version always gives the same bytes."""
    return {name: getattr(at.astimezone(UTC), name) for name in ("year", "month", "day", "hour", "minute", "second")}


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M %Z")


def _header(header: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    age = header["age_years"]
    rows = [
        ("Patient 姓名", person_name(header["patient_name"])),
        ("Sex 性别", _SEX.get(header["sex"], "")),
        ("Age 年龄", f"{age:.0f} y 岁" if age is not None else ""),
        ("Patient ID 患者编号", header["patient_id"] + (f" ({header['issuer']})" if header["issuer"] else "")),
        ("Accession no. 检查号", header["accession_number"]),
        ("Examination 检查项目", header["examination"]),
        ("Study date 检查日期", header["study_date"]),
        ("Referred by 申请科室", header["referring_unit"]),
    ]
    return tuple((label, value) for label, value in rows)


def _passages(texts: dict[str, Any]) -> list[Passage]:
    """Examination, findings and impression in each language, from the signed sentences and hand-edited paragraphs."""
    passages: list[Passage] = []
    for language, findings, impression, technique, gap, colon in _LANGUAGES:
        text = texts[language]
        told = [section for section in text["findings"] if section["sentences"] or section.get("manual")]
        passages += [
            Passage(language, section["title"], _examination(section, technique, gap, colon))
            for section in told
            if section["block"] == Block.EXAM
        ]
        sections = [
            (f"{section['title']}{colon}", section.get("manual") or gap.join(s["text"] for s in section["sentences"]))
            for section in told
            if section["block"] != Block.EXAM
        ]
        passages.append(Passage(language, findings, tuple(sections)))
        numbered = tuple((f"{n}. ", s["text"]) for n, s in enumerate(text["impression"], 1))
        by_hand = tuple(("", line) for line in text.get("impression_manual", "").split("\n") if line.strip())
        passages.append(Passage(language, impression, by_hand or numbered))
    return passages


def _examination(section: dict[str, Any], technique: str, gap: str, colon: str) -> tuple[tuple[str, str], ...]:
    """Why it was asked for, and how it was done, a line each; a paragraph written by hand as it is."""
    if section.get("manual"):
        return (("", section["manual"]),)
    asked = [s["text"].partition(colon) for s in section["sentences"] if set(s["sources"]) <= _INDICATION]
    done = [s["text"] for s in section["sentences"] if not set(s["sources"]) <= _INDICATION]
    lines = [(f"{label}{colon}", words) if words else ("", label) for label, _colon, words in asked]
    return (*lines, *([(f"{technique}{colon}", gap.join(done))] if done else []))


def _tables(content: dict[str, Any]) -> tuple[Table, ...]:
    return tables_of(worded(TEMPLATES[content["template"]["version"]], rules_in(content)), content)


def _in_both(reason: str) -> str:
    """A reason of the input gate in both languages of the paper, whatever the reader's own."""
    words = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            words.append(reason_text(reason))
    return " ".join(dict.fromkeys(words))


def _machine_line(content: dict[str, Any]) -> str:
    algorithm = content["algorithm"]
    if not algorithm:
        return "No machine reading was used. 未使用机器分析。"
    reasons = sorted({r for reasons in content["facts"]["gate_reasons"].values() for r in reasons})
    withheld = f" Withheld 未运行：{'; '.join(_in_both(reason) for reason in reasons)}." if reasons else ""
    applicability = f" ({algorithm['applicability']})" if algorithm["applicability"] else ""
    synthetic = "演示权重：以合成图像训练，不用于临床。" if "synthetic" in algorithm["applicability"] else ""
    return (
        f"Machine reading: {algorithm['name']} {algorithm['version']}, weights {algorithm['weights_sha256'][:12]}"
        f"{applicability}. The findings hold only what a radiologist confirmed."
        f"{withheld} 所见仅含医师确认的内容。{synthetic}"
    )


def _signatures(versions: list[ReportVersion]) -> tuple[tuple[str, str], ...]:
    """Each with what was signed for; who verified what nobody had prepared also reported it."""
    meanings = {SignatureMeaning(version.signature.meaning) for version in versions}
    words = _MEANINGS if SignatureMeaning.PREPARED in meanings else {**_MEANINGS, SignatureMeaning.VERIFIED: _ALONE}
    return tuple(
        (
            words[SignatureMeaning(version.signature.meaning)],
            f"{version.signature.signer_name}, {_moment(version.signature.signed_at)}",
        )
        for version in versions
    )


def document_of(version: ReportVersion) -> Document:
    """The report as it stood with ``version``: the signed text, and every addendum up to it."""
    return document_as(standing_of(version))


def document_as(standing: Standing) -> Document:
    """The same of what was read already."""
    version, versions, base, content = standing.version, standing.versions, standing.base, standing.content
    passages = _passages(content["text"])
    for addendum, text in standing.addenda:
        lines = tuple(("", line) for line in text.split("\n"))
        passages.append(Passage("zh", f"Addendum 补充报告 ({_moment(addendum.signature.signed_at)})", lines))
    final = base.kind == VersionKind.FINAL
    withdrawn = version.report.status == "withdrawn"
    watermark = "WITHDRAWN 已撤回" if withdrawn else "" if final else "NOT SIGNED 未签名"
    # Of several preliminary versions only the newest hand-over counts on paper.
    prepared = [v for v in versions if v.kind == VersionKind.PRELIMINARY][-1:]
    return Document(
        site=content["header"]["site"],
        title="MR of the cervical spine 颈椎MR检查报告",
        status="Withdrawn 已撤回" if withdrawn else "Final 正式报告" if final else "Preliminary 初步报告",
        header=_header(content["header"]),
        passages=tuple(passages),
        tables=_tables(content),
        tables_key=KEY,
        signatures=_signatures([*prepared, *(v for v in versions if v.kind != VersionKind.PRELIMINARY)]),
        machine=_machine_line(content),
        watermark=watermark,
        report=f"{version.report_id} v{version.number} {version.sha256[:16]}",
        made_at=_parts(version.created_at),
    )


def draft_document_of(report: Report, content: dict[str, Any]) -> Document:
    """An unsigned draft, watermarked as such; while nobody confirmed the levels, that stands in its head too.

    What the machine proposes comes after the report's own text, under a title that says what it is.
    """
    waiting = suggestion_lines(worded(TEMPLATES[report.template.version], rules_in(content)), content)
    confirmed = any(f["key"] == "level_status" and f["value"] for f in content["findings"])
    return Document(
        site=content["header"]["site"],
        title="MR of the cervical spine 颈椎MR检查报告",
        status="Draft 草稿" if confirmed else "Draft, levels not confirmed 草稿，节段未确认",
        header=_header(content["header"]),
        passages=(*_passages(content["text"]), *([Passage("zh", TITLE, waiting)] if waiting else [])),
        tables=_tables(content),
        tables_key=KEY,
        signatures=(),
        machine=_machine_line(content),
        watermark="DRAFT, NOT SIGNED 草稿，未签名",
        report=f"{report.id}",
        made_at=_parts(report.updated_at),
    )
