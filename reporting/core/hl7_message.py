"""An HL7 v2 message, read leniently: segments, fields, repetitions, components, subcomponents (2.5 ch. 2.5)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from reporting.core.hl7_text import CODECS, unescaped

MAX_SEGMENTS = 10_000


class Unreadable(Exception):
    """It is no HL7 v2 message. ``code`` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Segment:
    """One line; ``fields[n]`` is field n as it is written, ``fields[0]`` the segment's name."""

    fields: tuple[str, ...]
    message: Message

    @property
    def name(self) -> str:
        return self.fields[0]

    def raw(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""

    def text(self, number: int, component: int = 1, *, repetition: int = 1, subcomponent: int = 1) -> str:
        """What is said there, without escapes; empty if nothing is, also for ``""`` (HL7's "delete it")."""
        _field, between, again, _escape, within = self.message.delimiters
        said = self.raw(number)
        for separator, wanted in ((again, repetition), (between, component), (within, subcomponent)):
            parts = said.split(separator)
            said = parts[wanted - 1] if wanted <= len(parts) else ""
        return "" if said == '""' else unescaped(said, self.message.codec).strip()

    def whole(self, number: int) -> str:
        """A text field (ST, FT, TX) with its repetitions as lines."""
        again = self.message.delimiters[2]
        parts = [unescaped(part, self.message.codec).strip() for part in self.raw(number).split(again)]
        return "\n".join(part for part in parts if part and part != '""')

    def repetitions(self, number: int) -> int:
        return self.raw(number).count(self.message.delimiters[2]) + 1 if self.raw(number) else 0


@dataclass(frozen=True)
class Message:
    """``delimiters``: field, component, repetition, escape, subcomponent."""

    lines: tuple[tuple[str, ...], ...]
    delimiters: tuple[str, str, str, str, str]
    codec: str

    @classmethod
    def parse(cls, raw: bytes, *, default_codec: str = "utf-8") -> Message:
        """Raises :class:`Unreadable`: ``no_msh``, ``unknown_charset``, ``wrong_charset``, ``too_many_segments``."""
        head = _begun(raw)
        codec = _codec_of(head, default_codec)
        try:
            text = head.decode(codec)
        except UnicodeDecodeError as error:
            raise Unreadable("wrong_charset") from error
        marks = text[3:8]
        if len(set(marks)) != 5 or any(mark.isalnum() or mark in "\r\n" for mark in marks):
            raise Unreadable("no_msh")
        field, component, repetition, escape, subcomponent = tuple(marks)
        rows = [row for row in text.replace("\r\n", "\r").replace("\n", "\r").split("\r") if row.strip()]
        if len(rows) > MAX_SEGMENTS:
            raise Unreadable("too_many_segments")
        lines = []
        for row in rows:
            parts = row.split(field)
            # MSH-1 is the separator itself: from there on the numbers are one more than the parts.
            lines.append(("MSH", field, *parts[1:]) if row.startswith("MSH") else tuple(parts))
        return cls(tuple(lines), (field, component, repetition, escape, subcomponent), codec)

    def segments(self, *names: str) -> Iterator[Segment]:
        """In order; all of them without ``names``."""
        for line in self.lines:
            if not names or line[0] in names:
                yield Segment(line, self)

    def first(self, name: str) -> Segment:
        """An empty one if there is none."""
        return next(self.segments(name), Segment((name,), self))


def sending_names(raw: bytes, codec: str) -> tuple[str, str] | None:
    """Application and facility that a message says it comes from (MSH-3, MSH-4), of its first line alone.

    ``codec``: of their characters, where MSH-18 says nothing that is known. ``None``: it is no message.
    """
    try:
        head = _begun(raw)
    except Unreadable:
        return None
    with contextlib.suppress(Unreadable):
        codec = _codec_of(head, codec)
    line = head.split(b"\r", 1)[0].decode(codec, errors="replace")
    fields = [*line.split(line[3]), "", ""]
    application, facility = (unescaped(field.split(line[4])[0], codec).strip() for field in fields[2:4])
    return application, facility


def _begun(raw: bytes) -> bytes:
    head = raw.lstrip(b"\r\n\x20\xef\xbb\xbf")
    if not head.startswith(b"MSH") or len(head) < 9:
        raise Unreadable("no_msh")
    return head


def _codec_of(head: bytes, default: str) -> str:
    fields = head.split(b"\r", 1)[0].split(head[3:4])
    said = fields[17].split(b"~")[0].decode("ascii", errors="replace").strip().upper() if len(fields) > 17 else ""
    if not said:
        return default
    if said not in CODECS:
        raise Unreadable("unknown_charset")
    return CODECS[said]
