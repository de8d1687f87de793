"""Pages under /rules/: what a department decides about how it reads."""

from __future__ import annotations

from django.urls import path

from reporting.reports.views.blind_rules import add_rule, blind_rules, end_rule
from reporting.reports.views.critical_lists import critical_list, critical_version, decide, propose

app_name = "rules"
urlpatterns = [
    path("blind-first/", blind_rules, name="blind"),
    path("blind-first/add/", add_rule, name="blind_add"),
    path("blind-first/<uuid:rule_id>/end/", end_rule, name="blind_end"),
    path("critical/", critical_list, name="critical"),
    path("critical/propose/", propose, name="critical_propose"),
    path("critical/<int:number>/", critical_version, name="critical_version"),
    path("critical/<int:number>/<slug:act>/", decide, name="critical_decide"),
]
