"""What is done with studies: take files in, give a study to somebody."""

from reporting.studies.services.align import align_frames
from reporting.studies.services.assign import Assigned, assign_studies, assign_study
from reporting.studies.services.incoming import IncomingFile, StagedFile, incoming_files
from reporting.studies.services.ingest import ingest_instances, ingest_paths
from reporting.studies.services.receptions import (
    end_receptions_of,
    end_receptions_of_this_request,
    end_silent_receptions,
)
from reporting.studies.services.report import FileResult, FileStatus, IngestReport
from reporting.studies.services.share import end_share, may_end_share, share_study

__all__ = [
    "Assigned",
    "FileResult",
    "FileStatus",
    "IncomingFile",
    "IngestReport",
    "StagedFile",
    "align_frames",
    "assign_studies",
    "assign_study",
    "end_receptions_of",
    "end_receptions_of_this_request",
    "end_share",
    "end_silent_receptions",
    "incoming_files",
    "ingest_instances",
    "ingest_paths",
    "may_end_share",
    "share_study",
]
