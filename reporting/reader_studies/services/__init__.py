"""Every write of a reader study."""

from reporting.reader_studies.services.analysing import ask_for_analysis
from reporting.reader_studies.services.design import (
    add_cases,
    add_member,
    create_study,
    describe_study,
    keep_sample_size,
    remove_cases,
    remove_member,
    set_arms,
    set_findings,
)
from reporting.reader_studies.services.images import copy_images, copy_waiting_images
from reporting.reader_studies.services.locking import lock_study
from reporting.reader_studies.services.packaging import ask_for_package
from reporting.reader_studies.services.reading import (
    open_reading,
    pause_reading,
    reopen_reading,
    resume_reading,
    save_rating,
    see_reading,
    submit_reading,
)
from reporting.reader_studies.services.running import (
    abandon_study,
    amend_study,
    close_study,
    retract_case,
    withdraw_reader,
)
from reporting.reader_studies.services.truth import seat_panel, state_truth
from reporting.reader_studies.services.truth_import import import_truth

__all__ = [
    "abandon_study",
    "add_cases",
    "add_member",
    "amend_study",
    "ask_for_analysis",
    "ask_for_package",
    "close_study",
    "copy_images",
    "copy_waiting_images",
    "create_study",
    "describe_study",
    "import_truth",
    "keep_sample_size",
    "lock_study",
    "open_reading",
    "pause_reading",
    "remove_cases",
    "remove_member",
    "reopen_reading",
    "resume_reading",
    "retract_case",
    "save_rating",
    "seat_panel",
    "see_reading",
    "set_arms",
    "set_findings",
    "state_truth",
    "submit_reading",
    "withdraw_reader",
]
