"""An expression as one line of text, as it is stored and typed, and back.

    canal_grade in (3) and (onset in (acute) or indication_tags in (trauma))
    hern_form in (extrusion, sequestration) with canal_grade in (2, 3)
    new slip_grade in (II, III, IV, V)

``with`` joins fields at the same level or in the same lesion, ``new`` is not known from before. In one bracket stands
one kind of joining word, so that nobody has to know which binds closer.
"""

from __future__ import annotations

import re

from reporting.reports.critical.expressions import AllOf, AnyOf, Expression, FirstTime, Is, Together
from reporting.reports.template.spec import Scope, Template

_TOKEN = re.compile(r"\s*([A-Za-z0-9_/]+|[(),])")
_WORDS = frozenset({"and", "or", "with", "new", "in"})
_DEEPEST = 8
LONGEST = 1000


class NotAnExpression(ValueError):
    """``at`` is the part that does not fit; empty at the end of the text."""

    def __init__(self, at: str) -> None:
        super().__init__(at)
        self.at = at


def parsed(text: str, template: Template) -> Expression:
    """The expression of ``text``. Raises :class:`NotAnExpression` for what says nothing over ``template``."""
    if len(text) > LONGEST:
        raise NotAnExpression(text[LONGEST : LONGEST + 20])
    reader = _Reader(_tokens(text), template)
    expression = reader.joined(0)
    if reader.rest:
        raise NotAnExpression(reader.rest[0])
    return expression


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise NotAnExpression(text[at:].strip()[:20])
        tokens.append(match[1])
        at = match.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[str], template: Template) -> None:
        self.rest, self.template = tokens, template

    def take(self, expected: str = "") -> str:
        found = self.rest.pop(0) if self.rest else ""
        if not found or (expected and found != expected):
            raise NotAnExpression(found)
        return found

    def next_is(self, *words: str) -> bool:
        return bool(self.rest) and self.rest[0] in words

    def joined(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise NotAnExpression("(")
        parts, word = [self.part(depth)], ""
        while self.next_is("and", "or", "with"):
            if word and self.rest[0] != word:
                raise NotAnExpression(self.rest[0])
            word = self.take()
            parts.append(self.part(depth))
        if not word:
            return parts[0]
        if word == "with":
            return self.together(parts)
        return AnyOf(tuple(parts)) if word == "or" else AllOf(tuple(parts))

    def part(self, depth: int) -> Expression:
        if self.next_is("("):
            self.take()
            inside = self.joined(depth + 1)
            self.take(")")
            return inside
        if self.next_is("new"):
            self.take()
            return FirstTime(self.field())
        return self.field()

    def field(self) -> Is:
        key = self.take()
        if key in _WORDS or key not in self.template.by_key or not self.template[key].choices:
            raise NotAnExpression(key)
        self.take("in")
        self.take("(")
        known, values = {choice.code for choice in self.template[key].choices}, []
        while True:
            value = self.take()
            if value not in known:
                raise NotAnExpression(value)
            values.append(value)
            if not self.next_is(","):
                break
            self.take()
        self.take(")")
        return Is(key, tuple(values))

    def together(self, parts: list[Expression]) -> Together:
        """Fields that share their levels, or are of the same lesions."""
        fields = [part for part in parts if isinstance(part, Is)]
        scopes = {self.template[part.field].scope for part in fields}
        if len(fields) != len(parts) or len(scopes) != 1 or scopes == {Scope.STUDY}:
            raise NotAnExpression("with")
        return Together(tuple(fields))
