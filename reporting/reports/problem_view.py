"""The consistency problems as the page lists them: keys become labels, and long families become one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reporting.reports.consistency import Problem, Severity
from reporting.reports.form_parts import dom_id

_CRITICAL = "critical."


@dataclass(frozen=True)
class ProblemView:
    """One line; ``answers`` are (answer, label) pairs that settle it without changing a value."""

    code: str
    text: str
    blocks: bool
    place: str
    fingerprint: str
    answers: tuple[tuple[str, str], ...]
    places: tuple[str, ...] = ()  # beside which fields it is shown as well
    paragraph: str = ""  # the id of the hand-edited paragraph it is about

    @property
    def dom_id(self) -> str:
        return dom_id(self.place) if self.place else self.paragraph


def problem_views(problems: Iterable[Problem], labels: Mapping[str, str]) -> tuple[ProblemView, ...]:
    """Unsettled problems as lines; ``labels`` maps a place's key to its label on the page."""
    problems = list(problems)
    undecided = [problem for problem in problems if problem.code == "suggestion_undecided"]
    unset = [problem for problem in problems if problem.code == "required_unset"]
    lines = [_line(problem, labels) for problem in problems if problem not in undecided and problem not in unset]
    if undecided:
        count = len(undecided)
        text = ngettext("%(n)d machine suggestion is undecided", "%(n)d machine suggestions are undecided", count)
        lines.append(_family(undecided, text % {"n": count}, blocks=True))
    if unset:
        count = sum(len(problem.places) for problem in unset)
        text = ngettext("%(n)d required field is not set", "%(n)d required fields are not set", count)
        lines.append(_family(unset, text % {"n": count}, blocks=False))
    # A long list scrolls in itself: what must be done is seen first.
    return tuple(sorted(lines, key=lambda line: not line.blocks))


def _family(problems: list[Problem], text: str, *, blocks: bool) -> ProblemView:
    first = problems[0].places[0] if problems[0].places else ""
    return ProblemView(problems[0].code, text, blocks, str(first), "", ())


def _line(problem: Problem, labels: Mapping[str, str]) -> ProblemView:
    text = problem.message
    for key in sorted((str(place) for place in problem.places), key=len, reverse=True):
        text = text.replace(key, labels.get(key, key))
    return ProblemView(
        code=problem.code,
        text=text,
        blocks=problem.severity is Severity.BLOCK,
        place=str(problem.places[0]) if problem.places else "",
        fingerprint=problem.fingerprint,
        answers=_answers(problem),
        places=tuple(str(place) for place in problem.places),
        paragraph=f"t-{problem.section}-{problem.language}" if problem.section else "",
    )


def _answers(problem: Problem) -> tuple[tuple[str, str], ...]:
    if problem.severity is Severity.BLOCK:
        return ()
    if problem.code.startswith(_CRITICAL):
        return (("yes", _("Critical")), ("no", _("Not critical")))
    return (("accepted", _("Leave as it is")),)
