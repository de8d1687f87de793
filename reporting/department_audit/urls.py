"""Pages under /audit/."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reporting.department_audit.exports.service import FORMATS
from reporting.department_audit.views import peer_learning as peer
from reporting.department_audit.views.cases import case, cases
from reporting.department_audit.views.files import export
from reporting.department_audit.views.monitoring import alarm_act, freeze, measure, monitoring, monitoring_file
from reporting.department_audit.views.pages import finding, groups, overview, process_page, readers
from reporting.department_audit.views.threshold_bench import bench, decide, propose, threshold_file, thresholds


class TableFormat(StringConverter):
    regex = "|".join(FORMATS)


register_converter(TableFormat, "table_format")

app_name = "department_audit"
urlpatterns = [
    path("", overview, name="overview"),
    path("findings/<slug:finding>/", finding, name="finding"),
    path("groups/<slug:dimension>/", groups, name="groups"),
    path("process/", process_page, name="process"),
    path("readers/", readers, name="readers"),
    path("charts/<slug:key>.<table_format:extension>", export, name="export"),
    path("peer-learning/", peer.peer_learning, name="peer_learning"),
    path("peer-learning/counts.<table_format:extension>", peer.peer_file, name="peer_file"),
    path("peer-learning/draw/", peer.draw, name="peer_draw"),
    path("peer-learning/take/", peer.take, name="peer_take"),
    path("peer-learning/cases/<uuid:case_id>/", peer.case, name="peer_case"),
    path("peer-learning/cases/<uuid:case_id>/answer/", peer.answer, name="peer_answer"),
    path("peer-learning/cases/<uuid:case_id>/give-back/", peer.give_back, name="peer_give_back"),
    path("peer-learning/cases/<uuid:case_id>/grade/", peer.grade, name="peer_grade"),
    path("peer-learning/cases/<uuid:case_id>/images/<int:number>.png", peer.picture, name="peer_picture"),
    path("peer-learning/notices/<uuid:notice_id>/seen/", peer.notice_seen, name="peer_notice_seen"),
    path("monitoring/", monitoring, name="monitoring"),
    path("monitoring/<slug:key>.<table_format:extension>", monitoring_file, name="monitoring_file"),
    path("monitoring/line/", measure, name="monitoring_measure"),
    path("monitoring/freeze/", freeze, name="monitoring_freeze"),
    path("monitoring/alarms/<uuid:alarm_id>/<slug:act>/", alarm_act, name="alarm_act"),
    path("thresholds/", thresholds, name="thresholds"),
    path("thresholds/<uuid:algorithm_id>/<slug:finding>/", bench, name="threshold_bench"),
    path(
        "thresholds/<uuid:algorithm_id>/<slug:finding>/<slug:key>.<table_format:extension>",
        threshold_file,
        name="threshold_file",
    ),
    path("thresholds/<uuid:algorithm_id>/<slug:finding>/propose/", propose, name="threshold_propose"),
    path("threshold-changes/<uuid:change_id>/<slug:act>/", decide, name="threshold_decide"),
    path("cases/", cases, name="cases"),
    path("cases/<uuid:report_id>/", case, name="case"),
]
