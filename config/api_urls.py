"""The API, one line per address."""

from __future__ import annotations

from django.urls import path, register_converter
from drf_spectacular.views import SpectacularJSONAPIView

from reporting.accounts.api import SessionView
from reporting.accounts.audit_api import AuditView
from reporting.accounts.users_api import UserActiveView, UserRoleView, UsersView
from reporting.accounts.viewer_preferences import ViewerPreferencesView
from reporting.department_audit import boards_api as boards
from reporting.department_audit.api import ChartsView, ChartView
from reporting.predictions import algorithms_api as algorithms
from reporting.predictions import api as predictions
from reporting.predictions.blind_api import BlindRulesView
from reporting.predictions.upload_api import FinishUploadView, UploadPiecesView, UploadView
from reporting.reader_studies import api as reader_studies
from reporting.reports import api as reports
from reporting.reports import api_changes as changes
from reporting.reports import api_process as process
from reporting.reports import api_templates as templates
from reporting.reports import critical_lists_api as critical_lists
from reporting.reports import house_rules_api as department_settings
from reporting.reports.corrections_api import DECISIONS, CorrectionsView
from reporting.reports.pictures_api import KeySlicesView, PictureView
from reporting.reports.viewer_api import OutlinesView, ViewerView
from reporting.studies import api as studies
from reporting.studies.alignment_api import AlignmentsView

app_name = "api"


class ExportFormatConverter:
    regex = "pdf|text|json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ExportFormatConverter, "export_format")

# What can be done to a report: reports/<id>/<act>/
_CHANGES = {
    "findings/accept": changes.AcceptFindingView,
    "findings/change": changes.ChangeFindingView,
    "findings/clear": changes.ClearFindingView,
    "findings/not-evaluable": changes.NotEvaluableView,
    "confirm-rest": changes.ConfirmRestView,
    "confirm-levels": changes.ConfirmLevelsView,
    "relabel": changes.RelabelView,
    "relabel-undo": changes.UndoRelabelView,
    "lock-first-read": changes.LockFirstReadView,
    "answer": changes.AnswerView,
    "notice": process.NoticeView,
    "consult": process.ConsultView,
    "consult-answer": process.ConsultAnswerView,
    "return": process.ReturnView,
    "resolve-comment": process.ResolveCommentView,
    "texts/edit": changes.EditTextView,
    "texts/restore": changes.RestoreTextView,
    "approve-preliminary": changes.ApproveView,
    "reopen": changes.ReopenView,
    "sign": changes.SignView,
    "addendum": changes.AddendumView,
    "withdraw": changes.WithdrawView,
    "discard": changes.DiscardView,
}

urlpatterns = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("session/", SessionView.as_view(), name="session"),
    path("users/", UsersView.as_view(), name="users"),
    path("users/<uuid:user_id>/role/", UserRoleView.as_view(), name="user-role"),
    path("users/<uuid:user_id>/active/", UserActiveView.as_view(), name="user-active"),
    path("audit-events/", AuditView.as_view(), name="audit-events"),
    path("audit/charts/", ChartsView.as_view(), name="audit-charts"),
    path("audit/charts/<slug:key>/", ChartView.as_view(), name="audit-chart"),
    path("audit/monitoring/", boards.MonitoringView.as_view(), name="audit-monitoring"),
    path("audit/monitoring/line/", boards.MonitoringLineView.as_view(), name="audit-monitoring-line"),
    path("audit/peer-learning/", boards.PeerLearningView.as_view(), name="audit-peer-learning"),
    path(
        "audit/thresholds/<uuid:algorithm_id>/<slug:finding>/",
        boards.ThresholdBenchView.as_view(),
        name="audit-threshold-bench",
    ),
    path("uploads/", UploadView.as_view(), name="uploads"),
    path("uploads/pieces/", UploadPiecesView.as_view(), name="upload-pieces"),
    path("uploads/finish/", FinishUploadView.as_view(), name="upload-finish"),
    path("studies/", studies.StudiesView.as_view(), name="studies"),
    path("studies/<uuid:study_id>/", studies.StudyView.as_view(), name="study"),
    path("studies/<uuid:study_id>/assignment/", studies.AssignmentView.as_view(), name="study-assignment"),
    path("studies/<uuid:study_id>/alignments/", AlignmentsView.as_view(), name="study-alignments"),
    path("viewer-preferences/", ViewerPreferencesView.as_view(), name="viewer-preferences"),
    path("quarantine/", studies.QuarantineView.as_view(), name="quarantine"),
    path("studies/<uuid:study_id>/inference-jobs/", predictions.StudyJobsView.as_view(), name="study-jobs"),
    path("inference-jobs/<uuid:job_id>/", predictions.JobView.as_view(), name="job"),
    path("inference-jobs/<uuid:job_id>/cancel/", predictions.CancelJobView.as_view(), name="job-cancel"),
    path("inference-jobs/<uuid:job_id>/predictions/", predictions.JobPredictionsView.as_view(), name="job-predictions"),
    path("blind-rules/", BlindRulesView.as_view(), name="blind-rules"),
    path("critical-lists/", critical_lists.CriticalListsView.as_view(), name="critical-lists"),
    path("critical-lists/<int:number>/", critical_lists.CriticalListView.as_view(), name="critical-list"),
    path(
        "critical-lists/<int:number>/activate/",
        critical_lists.ActivateCriticalListView.as_view(),
        name="critical-list-activate",
    ),
    path(
        "critical-lists/<int:number>/decline/",
        critical_lists.DeclineCriticalListView.as_view(),
        name="critical-list-decline",
    ),
    path(
        "department-settings/",
        department_settings.DepartmentSettingsListView.as_view(),
        name="department-settings-versions",
    ),
    path(
        "department-settings/<int:number>/",
        department_settings.DepartmentSettingsView.as_view(),
        name="department-settings-version",
    ),
    path(
        "department-settings/<int:number>/activate/",
        department_settings.ActivateDepartmentSettingsView.as_view(),
        name="department-settings-activate",
    ),
    path(
        "department-settings/<int:number>/decline/",
        department_settings.DeclineDepartmentSettingsView.as_view(),
        name="department-settings-decline",
    ),
    path("algorithms/", algorithms.AlgorithmsView.as_view(), name="algorithms"),
    path("algorithms/<uuid:algorithm_id>/", algorithms.AlgorithmView.as_view(), name="algorithm"),
    path("algorithms/<uuid:algorithm_id>/propose/", algorithms.ProposeView.as_view(), name="algorithm-propose"),
    path("algorithms/<uuid:algorithm_id>/decline/", algorithms.DeclineView.as_view(), name="algorithm-decline"),
    path("algorithms/<uuid:algorithm_id>/activate/", algorithms.ActivateView.as_view(), name="algorithm-activate"),
    path("algorithms/<uuid:algorithm_id>/retire/", algorithms.RetireView.as_view(), name="algorithm-retire"),
    path("algorithms/<uuid:algorithm_id>/case-runs/", algorithms.CaseRunsView.as_view(), name="algorithm-case-runs"),
    path("report-templates/<slug:template_version>/", reports.TemplateView.as_view(), name="report-template"),
    path(
        "report-templates/<slug:template_version>/<str:file_name>",
        templates.TemplateFileView.as_view(),
        name="report-template-file",
    ),
    path("readings/<uuid:reading_id>/ratings/", reader_studies.RatingsView.as_view(), name="reading-ratings"),
    path("readings/<uuid:reading_id>/seen/", reader_studies.SeenView.as_view(), name="reading-seen"),
    path("reader-cases/<uuid:case_id>/", reader_studies.CaseView.as_view(), name="reader-case"),
    path(
        "reader-cases/<uuid:case_id>/objects/<str:uid>/frames/<int:frame>/",
        reader_studies.CaseFrameView.as_view(),
        name="reader-case-frame",
    ),
    path(
        "reader-cases/<uuid:case_id>/outlines/<uuid:series_id>/",
        reader_studies.CaseOutlinesView.as_view(),
        name="reader-case-outlines",
    ),
    path("reports/", reports.ReportsView.as_view(), name="reports"),
    path("reports/<uuid:report_id>/", reports.ReportView.as_view(), name="report"),
    path("reports/<uuid:report_id>/problems/", reports.ProblemsView.as_view(), name="report-problems"),
    path("reports/<uuid:report_id>/narrative/", reports.NarrativeView.as_view(), name="report-narrative"),
    path("reports/<uuid:report_id>/key-slices/", KeySlicesView.as_view(), name="report-key-slices"),
    path("reports/<uuid:report_id>/viewer/", ViewerView.as_view(), name="report-viewer"),
    path("reports/<uuid:report_id>/outlines/<uuid:series_id>/", OutlinesView.as_view(), name="report-outlines"),
    path(
        "reports/<uuid:report_id>/images/<uuid:instance_id>/<int:frame>.png",
        PictureView.as_view(),
        name="report-picture",
    ),
    path("reports/<uuid:report_id>/corrections/", CorrectionsView.as_view(), name="report-corrections"),
    *(
        path(
            f"reports/<uuid:report_id>/corrections/<uuid:correction_id>/{act}/",
            view.as_view(),
            name=f"correction-{act}",
        )
        for act, view in DECISIONS.items()
    ),
    path("reports/<uuid:report_id>/versions/", reports.VersionsView.as_view(), name="report-versions"),
    path("reports/<uuid:report_id>/versions/<int:number>/", reports.VersionView.as_view(), name="report-version"),
    path(
        "reports/<uuid:report_id>/versions/<int:number>/export/<export_format:export_format>/",
        reports.ExportView.as_view(),
        name="report-export",
    ),
    path(
        "reports/<uuid:report_id>/draft-export/<export_format:export_format>/",
        reports.DraftExportView.as_view(),
        name="report-draft-export",
    ),
    *(
        path(f"reports/<uuid:report_id>/{act}/", view.as_view(), name=f"report-{act.replace('/', '-')}")
        for act, view in _CHANGES.items()
    ),
]
