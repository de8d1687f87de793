"""What a chart holds the machine against, in words. Concordance and accuracy never share a name, a number or a chart.

A report whose reader saw the machine gives concordance. Accuracy needs a reader who did not, or a reference standard.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reporting.department_audit.words import Truth


def is_accuracy(truth: Truth) -> bool:
    return truth is not Truth.FINAL


def compared_with(truth: Truth) -> str:
    """Begins every title: "Concordance with the final read", "Accuracy against surgery"."""
    return {
        Truth.FINAL: _("Concordance with the final read"),
        Truth.BLIND: _("Accuracy against the blind first read"),
        Truth.ADJUDICATED: _("Accuracy against the adjudicated reference"),
        Truth.FOLLOW_UP: _("Accuracy against follow-up"),
        Truth.SURGERY: _("Accuracy against surgery"),
    }[truth]


def what_is_compared(truth: Truth) -> str:
    if truth is Truth.FINAL:
        return _(
            "The machine's call against the value that was signed. The reader saw the machine's call: this is how "
            "often people let it stand, not how often it was right."
        )
    if truth is Truth.BLIND:
        return _(
            "The machine's call against the first read, which was locked before the reader saw the machine's call."
        )
    return _("The machine's call against a reference that was set apart from the report: how often it was right.")


def rate_names(truth: Truth) -> dict[str, str]:
    """The rates of one comparison. Only accuracy has a sensitivity."""
    if not is_accuracy(truth):
        return {
            "ACC": _("Agreement"),
            "TPR": _("Signed positive: machine too"),
            "TNR": _("Signed negative: machine too"),
            "PPV": _("Machine positive: signed too"),
            "NPV": _("Machine negative: signed too"),
            "PLR": _("Ratio of positive calls"),
            "NLR": _("Ratio of negative calls"),
            "F1": "F1",
        }
    return {
        "ACC": pgettext("rate", "Accuracy"),
        "TPR": _("Sensitivity"),
        "TNR": _("Specificity"),
        "PPV": _("PPV"),
        "NPV": _("NPV"),
        "PLR": _("Positive likelihood ratio"),
        "NLR": _("Negative likelihood ratio"),
        "F1": "F1",
    }


def positive_and_negative(truth: Truth) -> tuple[str, str]:
    """How the two classes of what the machine is held against are called."""
    if is_accuracy(truth):
        return _("Truly positive"), _("Truly negative")
    return _("Signed positive"), _("Signed negative")


def unit_of_analysis() -> str:
    return _("one level (and side) of one report; rows of one patient are counted as one cluster")


def interval_text() -> str:
    return _("95 %, over patients: Wilson of the effective number (Rao–Scott)")


def source_text() -> str:
    return _("facts made of signed report versions; withdrawn and superseded versions do not count")
