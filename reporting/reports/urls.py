from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reporting.reports.exports.service import FORMATS
from reporting.reports.views.c2_3 import point_at_c2_3
from reporting.reports.views.home import home
from reporting.reports.views.images import slice_png
from reporting.reports.views.reading import panels, read
from reporting.reports.views.signing import AddendumFromPageView, SignFromPageView, WithdrawFromPageView
from reporting.reports.views.versions import draft_file, version, version_file


class ReportFormat(StringConverter):
    regex = "|".join(FORMATS)


register_converter(ReportFormat, "report_format")

app_name = "reports"
urlpatterns = [
    path("home/", home, name="home"),
    path("reports/<uuid:report_id>/", read, name="read"),
    path("reports/<uuid:report_id>/panels/", panels, name="panels"),
    path("reports/<uuid:report_id>/c2-3/", point_at_c2_3, name="c2_3"),
    path("reports/<uuid:report_id>/sign/", SignFromPageView.as_view(), name="sign"),
    path("reports/<uuid:report_id>/addendum/", AddendumFromPageView.as_view(), name="addendum"),
    path("reports/<uuid:report_id>/withdraw/", WithdrawFromPageView.as_view(), name="withdraw"),
    path("reports/<uuid:report_id>/draft.<report_format:extension>", draft_file, name="draft_file"),
    path("reports/<uuid:report_id>/images/<uuid:instance_id>/<int:frame>.png", slice_png, name="image"),
    path("reports/<uuid:report_id>/versions/<int:number>/", version, name="version"),
    path("reports/<uuid:report_id>/versions/<int:number>.<report_format:extension>", version_file, name="version_file"),
]
