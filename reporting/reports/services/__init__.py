"""Every write to a report, and the one read that shows it whole. Permission → state → change → audit, in that order."""

from __future__ import annotations

from reporting.reports.services.answers import answer_check
from reporting.reports.services.bulk import BulkResult, confirm_rest
from reporting.reports.services.critical_lists import (
    activate_critical_list,
    active_critical_list,
    decline_critical_list,
    propose_critical_list,
)
from reporting.reports.services.critical_path import record_notice
from reporting.reports.services.drafts import draft_missing_reports, draft_report, install_template, start_report
from reporting.reports.services.findings import accept_finding, change_finding, clear_finding, mark_not_evaluable
from reporting.reports.services.first_read import lock_first_read
from reporting.reports.services.house_rules import (
    activate_house_rules,
    active_house_rules,
    decline_house_rules,
    propose_house_rules,
)
from reporting.reports.services.levels import (
    can_undo_relabel,
    confirm_levels,
    insert_level,
    move_level,
    remove_level,
    set_level_mapping,
    set_level_slice,
    shift_levels,
    undo_relabel,
)
from reporting.reports.services.notes import answer_colleague, ask_colleague, resolve_comment, return_report
from reporting.reports.services.reading import Preview, current_level_map, load_sheet, preview
from reporting.reports.services.signatures import (
    approve_preliminary,
    discard_report,
    password_valid_s,
    reopen_report,
    sign_addendum,
    sign_report,
    withdraw_report,
)
from reporting.reports.services.texts import edit_text, restore_text

__all__ = [
    "BulkResult",
    "Preview",
    "accept_finding",
    "activate_critical_list",
    "activate_house_rules",
    "active_critical_list",
    "active_house_rules",
    "answer_check",
    "answer_colleague",
    "approve_preliminary",
    "ask_colleague",
    "can_undo_relabel",
    "change_finding",
    "clear_finding",
    "confirm_levels",
    "confirm_rest",
    "current_level_map",
    "decline_critical_list",
    "decline_house_rules",
    "discard_report",
    "draft_missing_reports",
    "draft_report",
    "edit_text",
    "insert_level",
    "install_template",
    "load_sheet",
    "lock_first_read",
    "mark_not_evaluable",
    "move_level",
    "password_valid_s",
    "preview",
    "propose_critical_list",
    "propose_house_rules",
    "record_notice",
    "remove_level",
    "reopen_report",
    "resolve_comment",
    "restore_text",
    "return_report",
    "set_level_mapping",
    "set_level_slice",
    "shift_levels",
    "sign_addendum",
    "sign_report",
    "start_report",
    "undo_relabel",
    "withdraw_report",
]
