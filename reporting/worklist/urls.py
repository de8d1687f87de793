from __future__ import annotations

from django.urls import path

from reporting.worklist.views.acts import assign, change_view, order, run_models, save_view, search, start
from reporting.worklist.views.listing import listing, rows

app_name = "worklist"
urlpatterns = [
    path("", listing, name="list"),
    path("worklist/rows/", rows, name="rows"),
    path("worklist/search/", search, name="search"),
    path("worklist/order/", order, name="order"),
    path("worklist/assign/", assign, name="assign"),
    path("worklist/views/", save_view, name="save_view"),
    path("worklist/views/<uuid:view_id>/", change_view, name="change_view"),
    path("worklist/studies/<uuid:study_id>/run-models/", run_models, name="run_models"),
    path("worklist/studies/<uuid:study_id>/start-report/", start, name="start"),
]
