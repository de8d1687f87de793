"""Pages under /algorithms/. In this app because it has the words for findings."""

from __future__ import annotations

from django.urls import path

from reporting.reports.views.algorithms import act, algorithm, algorithms

app_name = "algorithms"
urlpatterns = [
    path("", algorithms, name="list"),
    path("<uuid:algorithm_id>/", algorithm, name="detail"),
    path("<uuid:algorithm_id>/<slug:act>/", act, name="act"),
]
