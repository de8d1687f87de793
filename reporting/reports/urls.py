from __future__ import annotations

from django.urls import path

from reporting.reports.views.worklist import worklist

app_name = "reports"
urlpatterns = [
    path("", worklist, name="worklist"),
]
