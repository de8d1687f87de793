"""Plain text for a RIS: UTF-8, lines as printed."""

from __future__ import annotations

from reporting.reports.exports.document import Document


def text_of(document: Document) -> bytes:
    """The document as text, the watermark first where there is one."""
    lines = [document.site, document.title, document.status]
    if document.watermark:
        lines.insert(0, f"*** {document.watermark} ***")
    lines.append("")
    lines += [f"{label}: {value}" for label, value in document.header if value]
    for passage in document.passages:
        lines += ["", passage.title.upper(), *(label + text for label, text in passage.lines)]
    lines.append("")
    lines += [f"{label}: {value}" for label, value in document.signatures]
    lines += [document.machine, document.report]
    return ("\n".join(lines) + "\n").encode()
