"""The reading page: images, form and text of one report, and its parts rendered anew after each change."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reporting.accounts.models import Role, User
from reporting.accounts.permissions import Act, may
from reporting.accounts.signing_password import given_at
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reports.beside import jobs_beside
from reporting.reports.blind import reads_blind
from reporting.reports.form_parts import FormView
from reporting.reports.form_view import form_view
from reporting.reports.image_panel import image_panel
from reporting.reports.level_table import COLUMNS as COLUMNS_OF_LEVELS
from reporting.reports.level_table import level_table
from reporting.reports.machine_silence import silence_of
from reporting.reports.measured import COLUMNS, measured_rows
from reporting.reports.models import Report
from reporting.reports.problem_view import problem_views
from reporting.reports.process_view import process_context
from reporting.reports.rendering import IMPRESSION, Language, Rendering, Sentence
from reporting.reports.services import active_house_rules, password_valid_s
from reporting.reports.services.reading import Preview, preview
from reporting.reports.signed_text import signed_renderings
from reporting.reports.states import ReportStatus
from reporting.reports.templatetags.worklist import gate_text

_PARTS = (
    "level_table",
    *("levels", "blind", "form", "measured", "status", "problems"),
    *("text", "critical", "actions", "prior", "consult"),
)
PANELS = {name: f"_{name}" for name in _PARTS}


@dataclass(frozen=True)
class ParagraphView:
    """One section: its generated sentences, and what a person wrote instead (empty: nobody did)."""

    section: str
    title: str
    sentences: tuple[Sentence, ...]
    manual: str
    printed: str

    @property
    def is_impression(self) -> bool:
        return self.section == IMPRESSION


@dataclass(frozen=True)
class TextView:
    """One language's text, with the words around it in that language too."""

    language: str
    lang: str
    name: str
    findings_title: str
    impression_title: str
    empty_text: str
    paragraphs: tuple[ParagraphView, ...]
    is_first: bool


def _paragraphs(rendering: Rendering) -> Iterator[ParagraphView]:
    for part in rendering.sections:
        if part.sentences or part.manual:
            section = part.block.value
            yield ParagraphView(section, part.title, part.sentences, part.manual, rendering.printed(section))


def _impression(rendering: Rendering, title: str) -> ParagraphView:
    manual = rendering.impression_manual
    return ParagraphView(IMPRESSION, title, rendering.impression, manual, rendering.printed(IMPRESSION))


def _text_view(rendering: Rendering, *, is_first: bool) -> TextView:
    english = rendering.language is Language.EN
    return TextView(
        language=rendering.language.value,
        lang="en" if english else "zh-Hans",
        name="English" if english else "中文",
        findings_title="Findings" if english else "影像所见",
        impression_title="Impression" if english else "诊断意见",
        empty_text="Nothing to print yet." if english else "尚无可打印内容。",
        paragraphs=(*_paragraphs(rendering), _impression(rendering, "Impression" if english else "诊断意见")),
        is_first=is_first,
    )


def _chinese() -> bool:
    return (get_language() or "").startswith("zh")


def may_edit(report: Report, user: User) -> bool:
    """Whether the page offers changes; the services decide again."""
    if not report.is_draft or not may(user, Act.REPORT_EDIT):
        return False
    return user.role != Role.JUNIOR or report.author_id in (None, user.pk)


def _labels(form: FormView) -> dict[str, str]:
    groups = (form.exam, form.alignment, form.cord, form.other)
    labels = {field.place: field.label for group in groups for field in group.fields}
    for level in form.levels:
        labels.update({field.place: f"{level.title} {field.label}" for field in level.fields})
    return labels


def _gate_line(report: Report) -> str:
    if report.job is None:
        return silence_of(report)
    return gate_text((report.job.result or {}).get("gate") or {})


def _context(request: HttpRequest, report: Report, shown: Preview, *, blind: bool) -> dict[str, Any]:
    user, chinese = cast(User, request.user), _chinese()
    can_edit = may_edit(report, user)
    form = form_view(report, shown.sheet, chinese=chinese, can_edit=can_edit, blind=blind)
    told = signed_renderings(report) or {language: shown.rendering(language) for language in Language}
    texts = [
        _text_view(told[Language.EN], is_first=not chinese),
        _text_view(told[Language.ZH], is_first=chinese),
    ]
    images = image_panel(report)
    return {
        **process_context(report, shown, images, user, blind=blind, chinese=chinese),
        "report": report,
        "is_chinese": chinese,
        "study": report.study,
        "form": form,
        "level_table": level_table(form),
        "level_columns": COLUMNS_OF_LEVELS,
        "images": images,
        "renderings": sorted(texts, key=lambda text: not text.is_first),
        "problems": problem_views(shown.unsettled, _labels(form)) if report.is_draft else (),
        "is_blind": blind,
        "gate_line": "" if blind else _gate_line(report),
        "measured": [] if blind else measured_rows(report),
        "measured_columns": [(label, unit) for _name, label, unit in COLUMNS],
        "beside": [] if blind else jobs_beside(report.study_id),
        "can_edit": can_edit,
        "may_sign": may(user, Act.REPORT_SIGN) and report.status in (ReportStatus.DRAFT, ReportStatus.PRELIMINARY),
        "has_preliminary_step": active_house_rules().rules.preliminary_step,
        "password_is_recent": given_at(request.session, password_valid_s()) is not None,
        "versions": report.versions.select_related("signature").order_by("number"),
    }


def _report(request: HttpRequest, report_id: uuid.UUID) -> Report:
    reports = Report.objects.visible_to(cast(User, request.user))
    return get_object_or_404(reports.select_related("study__patient", "job__algorithm", "template"), pk=report_id)


@require_GET
def read(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    report = _report(request, report_id)
    record(AuditAct.REPORT_OPENED, by=cast(User, request.user), about=report)
    record(AuditAct.STUDY_OPENED, by=cast(User, request.user), about=report.study)
    blind = reads_blind(report, cast(User, request.user))
    context = _context(request, report, preview(report, blind=blind), blind=blind)
    context["page_strings"] = page_strings()
    context["shows_demo_models"] = report.job is not None and bool(report.job.algorithm.applicability)
    return render(request, "reports/read.html", context)


@require_GET
def panels(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """The page's parts as they are now, with the version and the digest they show."""
    report = _report(request, report_id)
    blind = reads_blind(report, cast(User, request.user))
    shown = preview(report, blind=blind)
    context = _context(request, report, shown, blind=blind)
    html = {name: render_to_string(f"reports/{file}.html", context, request) for name, file in PANELS.items()}
    again = context["images"].is_read_again
    return JsonResponse({"version": report.version, "digest": shown.digest, "html": html, "is_read_again": again})


def page_strings() -> dict[str, str]:
    """Every word that the page's script may have to say."""
    return {
        "saved": _("Saved"),
        "saving": _("Saving…"),
        "waiting": _("Not saved: no connection. Your changes stay on this page and are sent again."),
        "expired": _("Not saved: logged out. Your changes stay on this page."),
        "conflict": _("Not saved: the report was changed elsewhere."),
        "stale": _("No connection: this page may be out of date."),
        "refused": _("The server refused this."),
        "save_first": _("Not everything is saved yet. Wait or settle that first."),
        "not_accepted": _("Not saved: a field was not accepted."),
        "not_a_number": _("This is not a number."),
        "conflict_title": _("Changed elsewhere: which value stands?"),
        "field": _("Field"),
        "yours": _("Yours, not saved"),
        "stored": _("Stored now"),
        "before": _("You saw"),
        "also_changed": _("Also changed meanwhile:"),
        "changed_elsewhere": _("Changed elsewhere while you worked; yours was saved as well:"),
        "close": _("Close"),
        "keep_mine": _("Keep mine"),
        "take_stored": _("Take the stored value"),
        "accept": _("accept"),
        "clear": _("clear"),
        "not_evaluable": _("not evaluable"),
        "confirm_levels": _("confirm levels"),
        "relabel": _("correct the levels"),
        "relabel_undo": _("undo the correction"),
        "lock_first_read": _("lock the first read"),
        "notice": _("log who was told"),
        "consult": _("ask a colleague"),
        "consult_answer": _("answer the question"),
        "return": _("return to the author"),
        "resolve_comment": _("resolve the comment"),
        "confirm_rest": _("confirm the rest"),
        "approve_preliminary": _("approve as preliminary"),
        "sign": _("sign as final"),
        "accept_with_details": _("accept with details"),
        "answer": _("answer"),
        "reopen": _("reopen to change"),
        "addendum": _("addendum"),
        "withdraw": _("withdraw"),
        "discard": _("discard"),
    }
