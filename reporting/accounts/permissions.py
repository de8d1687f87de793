"""What each role may do: one table, deny unless it allows. Which objects it may do it to: ``visible_to`` querysets."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from reporting.accounts.models import Role, User
from reporting.core.errors import NotAllowed


class Act(StrEnum):
    """Everything that needs a permission, as ``noun.verb``."""

    STUDY_VIEW = "study.view"
    STUDY_INGEST = "study.ingest"
    STUDY_ASSIGN = "study.assign"
    QUARANTINE_VIEW = "quarantine.view"
    INFERENCE_REQUEST = "inference.request"
    PREDICTION_VIEW = "prediction.view"
    REPORT_VIEW = "report.view"
    REPORT_DRAFT = "report.draft"
    REPORT_EDIT = "report.edit"
    REPORT_APPROVE = "report.approve"
    REPORT_REOPEN = "report.reopen"
    REPORT_SIGN = "report.sign"
    REPORT_ADDENDUM = "report.addendum"
    REPORT_WITHDRAW = "report.withdraw"
    REPORT_DISCARD = "report.discard"
    REPORT_EXPORT = "report.export"
    REPORT_CONSULT = "report.consult"
    CRITICAL_LOG = "critical.log"
    CORRECTION_DRAW = "correction.draw"
    CORRECTION_REVIEW = "correction.review"
    BLIND_RULE = "blind.rule"
    CRITICAL_LIST_VIEW = "critical_list.view"
    CRITICAL_LIST_PROPOSE = "critical_list.propose"
    CRITICAL_LIST_ACTIVATE = "critical_list.activate"
    CRITICAL_LIST_DECLINE = "critical_list.decline"
    HOUSE_RULES_VIEW = "house_rules.view"
    HOUSE_RULES_PROPOSE = "house_rules.propose"
    HOUSE_RULES_ACTIVATE = "house_rules.activate"
    HOUSE_RULES_DECLINE = "house_rules.decline"
    ALGORITHM_VIEW = "algorithm.view"
    ALGORITHM_PROPOSE = "algorithm.propose"
    ALGORITHM_TEST = "algorithm.test"
    ALGORITHM_ACTIVATE = "algorithm.activate"
    ALGORITHM_STOP = "algorithm.stop"
    THRESHOLD_PROPOSE = "threshold.propose"
    THRESHOLD_ACTIVATE = "threshold.activate"
    THRESHOLD_DECLINE = "threshold.decline"
    PEER_REVIEW = "peer.review"
    PEER_OWN = "peer.own"
    PEER_DRAW = "peer.draw"
    BASELINE_FREEZE = "baseline.freeze"
    ALARM_HANDLE = "alarm.handle"
    AUDIT_VIEW = "audit.view"
    DEPARTMENT_AUDIT_VIEW = "department_audit.view"
    READER_STUDY_VIEW = "reader_study.view"
    READER_STUDY_CREATE = "reader_study.create"
    DATASET_EXPORT = "dataset.export"
    USER_MANAGE = "user.manage"
    OPERATIONS_VIEW = "operations.view"
    PEER_MANAGE = "peer.manage"
    DELIVERY_VIEW = "delivery.view"
    DELIVERY_RETRY = "delivery.retry"
    PRIOR_FETCH = "prior.fetch"


_READ = {
    Act.STUDY_VIEW,
    Act.PREDICTION_VIEW,
    Act.REPORT_VIEW,
    Act.ALGORITHM_VIEW,
    Act.CRITICAL_LIST_VIEW,
    Act.HOUSE_RULES_VIEW,
}
_WRITE = {
    Act.REPORT_DRAFT,
    Act.REPORT_EDIT,
    Act.INFERENCE_REQUEST,
    Act.REPORT_EXPORT,
    Act.REPORT_CONSULT,
    Act.CRITICAL_LOG,
    Act.CORRECTION_DRAW,
    Act.PRIOR_FETCH,
}

PERMISSIONS: dict[Role, frozenset[Act]] = {
    Role.JUNIOR: frozenset({*_READ, *_WRITE, Act.PEER_OWN, Act.REPORT_APPROVE, Act.STUDY_INGEST, Act.QUARANTINE_VIEW}),
    Role.SENIOR: frozenset(
        {
            *_READ,
            *_WRITE,
            Act.STUDY_INGEST,
            Act.STUDY_ASSIGN,
            Act.QUARANTINE_VIEW,
            Act.REPORT_APPROVE,
            Act.REPORT_REOPEN,
            Act.REPORT_SIGN,
            Act.CORRECTION_REVIEW,
            Act.REPORT_ADDENDUM,
            Act.REPORT_WITHDRAW,
            Act.REPORT_DISCARD,
            Act.BLIND_RULE,
            Act.DEPARTMENT_AUDIT_VIEW,
            Act.CRITICAL_LIST_PROPOSE,
            Act.CRITICAL_LIST_DECLINE,
            Act.HOUSE_RULES_PROPOSE,
            Act.HOUSE_RULES_DECLINE,
            Act.ALGORITHM_PROPOSE,
            Act.THRESHOLD_PROPOSE,
            Act.THRESHOLD_DECLINE,
            Act.PEER_REVIEW,
            Act.PEER_OWN,
            Act.ALARM_HANDLE,
            Act.ALGORITHM_TEST,
            Act.ALGORITHM_STOP,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            *_READ,
            Act.REPORT_EXPORT,
            Act.DELIVERY_VIEW,
            Act.BLIND_RULE,
            Act.AUDIT_VIEW,
            Act.DEPARTMENT_AUDIT_VIEW,
            Act.DATASET_EXPORT,
            Act.QUARANTINE_VIEW,
            Act.OPERATIONS_VIEW,
            Act.ALGORITHM_TEST,
            Act.CRITICAL_LIST_ACTIVATE,
            Act.CRITICAL_LIST_DECLINE,
            Act.HOUSE_RULES_ACTIVATE,
            Act.HOUSE_RULES_DECLINE,
            Act.ALGORITHM_ACTIVATE,
            Act.THRESHOLD_ACTIVATE,
            Act.PEER_DRAW,
            Act.BASELINE_FREEZE,
            Act.ALARM_HANDLE,
            Act.THRESHOLD_DECLINE,
            Act.ALGORITHM_STOP,
        }
    ),
    Role.RESEARCHER: frozenset(
        {
            Act.ALGORITHM_VIEW,
            Act.CRITICAL_LIST_VIEW,
            Act.READER_STUDY_VIEW,
            Act.READER_STUDY_CREATE,
            Act.DATASET_EXPORT,
        }
    ),
    Role.READER: frozenset({Act.READER_STUDY_VIEW}),
    Role.IMPORTER: frozenset({Act.STUDY_VIEW, Act.STUDY_INGEST, Act.QUARANTINE_VIEW, Act.INFERENCE_REQUEST}),
    Role.ADMIN: frozenset(
        {
            Act.USER_MANAGE,
            Act.PEER_MANAGE,
            Act.DELIVERY_VIEW,
            Act.DELIVERY_RETRY,
            Act.OPERATIONS_VIEW,
            Act.ALGORITHM_VIEW,
            Act.CRITICAL_LIST_VIEW,
        }
    ),
    Role.SERVICE: frozenset({Act.STUDY_INGEST}),
}


def may(user: User | AnonymousUser, act: Act) -> bool:
    """Whether the role of an active account allows ``act``; says nothing about which objects."""
    return isinstance(user, User) and user.is_active and act in PERMISSIONS.get(Role(user.role), frozenset())


def require(user: User | AnonymousUser, act: Act) -> None:
    """Raise :class:`NotAllowed` unless ``may(user, act)``."""
    if not may(user, act):
        raise NotAllowed(_("Your role may not do this (%(act)s)") % {"act": act.value})
