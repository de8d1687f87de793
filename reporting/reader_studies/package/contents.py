"""Which files a package holds, each with a line about it, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def contents(groups: int = 1) -> list[tuple[str, str]]:
    """``groups``: of readers who share their cases."""
    workbook = "FINDING" if groups == 1 else "FINDING_group_N"
    return [
        ("protocol_en.pdf, protocol_zh.pdf", _("The protocol to read, with every amendment.")),
        (
            "protocol_N.json",
            _("Each version of the protocol as it was locked or amended, as the digest saw it."),
        ),
        ("allocation.csv", _("Who was to read what, in which arm, session, block and position.")),
        ("ratings_long.csv", _("Every rated place of every assignment, read or not, with times and reference value.")),
        ("ratings_by_level.csv", _("One row a reader, arm, case, level and side; two columns for each finding.")),
        (
            "codebook_en.csv, codebook_zh.csv",
            _("Every column and every code of the tables, with units and words."),
        ),
        ("imrmc/FINDING.imrmc", _("Input of iMRMC: places with a reference value, whoever read them.")),
        (f"rjafroc/{workbook}.xlsx", _("Workbook of RJafroc: places that all of its readers read in every arm.")),
        (f"rjafroc/{workbook}_key.csv", _("What the whole numbers of that workbook stand for.")),
        ("analysis.json", _("The newest finished analysis, every number.")),
        (
            "analysis_en.html, analysis_zh.html",
            _("The same with charts, tables and method; opens without a network."),
        ),
        ("SHA256SUMS", _("The digest of every file; “sha256sum -c SHA256SUMS” checks them.")),
    ]
