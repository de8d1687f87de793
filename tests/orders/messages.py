"""HL7 v2 messages as a Chinese hospital's RIS writes them."""

from __future__ import annotations

from itertools import count

_number = count(1)


def message(*segments: str, kind: str = "ORM^O01", charset: str = "UNICODE UTF-8", **head: str) -> bytes:
    control_id = head.get("control_id", f"C{next(_number)}")
    at, version, processing = head.get("at", "20261126080000"), head.get("version", "2.5"), head.get("processing", "P")
    msh = f"MSH|^~\\&|RIS|HOSPITAL|DENS||{at}||{kind}|{control_id}|{processing}|{version}||||||{charset}"
    codec = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030"}.get(charset, "gb18030")
    return "".join(f"{segment}\r" for segment in (msh, *segments)).encode(codec)


def patient(number: str = "P1", names: str = "Zhang^San^^^^^^A~张^三^^^^^^I", **said: str) -> str:
    return f"PID|1||{number}^^^{said.get('issuer', 'HOSP')}^PI||{names}||{said.get('born', '19700102')}|M"


def order(control: str = "NW", number: str = "O1", **said: str) -> tuple[str, str, str]:
    reason = said.get("reason", "颈痛伴左上肢麻木 \\T\\ 无力")
    obr = [
        "OBR",
        "1",
        number,
        "",
        "MRCS^颈椎MR平扫^L",
        *[""] * 13,
        said.get("accession", "A1"),
        *[""] * 12,
        f"^{reason}",
    ]
    orc = ["ORC", control, number, *[""] * 9, "D7^王^医生", *[""] * 4, "NEU^神经外科"]
    return "PV1|1|O|门诊3", "|".join(orc), "|".join(obr)
