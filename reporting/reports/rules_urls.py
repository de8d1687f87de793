"""Pages under /rules/: what a department decides about how it reads."""

from __future__ import annotations

from django.urls import path

from reporting.reports.views.blind_rules import add_rule, blind_rules, end_rule
from reporting.reports.views.critical_lists import critical_list, critical_version, decide, propose
from reporting.reports.views.house_rules import decide as decide_settings
from reporting.reports.views.house_rules import house_rules
from reporting.reports.views.house_rules import propose as propose_settings

app_name = "rules"
urlpatterns = [
    path("blind-first/", blind_rules, name="blind"),
    path("blind-first/add/", add_rule, name="blind_add"),
    path("blind-first/<uuid:rule_id>/end/", end_rule, name="blind_end"),
    path("settings/", house_rules, name="house"),
    path("settings/propose/", propose_settings, name="house_propose"),
    path("settings/<int:number>/<slug:act>/", decide_settings, name="house_decide"),
    path("critical/", critical_list, name="critical"),
    path("critical/propose/", propose, name="critical_propose"),
    path("critical/<int:number>/", critical_version, name="critical_version"),
    path("critical/<int:number>/<slug:act>/", decide, name="critical_decide"),
]
