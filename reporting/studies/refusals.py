"""Why a file from outside is refused. Pure Python: the bounded child that reads headers imports it too."""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """Stable codes; ``refusal_texts`` has one sentence for each."""

    EMPTY = "empty"
    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    FILE_TOO_LARGE = "file_too_large"
    NOT_DICOM = "not_dicom"
    DANGEROUS_PREAMBLE = "dangerous_preamble"
    MEDIA_DIRECTORY = "media_directory"
    META_DAMAGED = "meta_damaged"
    DEFLATED = "deflated"
    TRANSFER_SYNTAX = "transfer_syntax"
    TRUNCATED = "truncated"
    TRUNCATED_PIXELS = "truncated_pixels"
    DAMAGED = "damaged"
    TOO_DEEP = "too_deep"
    TOO_MANY_ELEMENTS = "too_many_elements"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_SIZE_DISAGREES = "image_size_disagrees"
    UID_MISSING = "uid_missing"
    UID_MALFORMED = "uid_malformed"
    IDENTITY_TOO_LONG = "identity_too_long"
    OTHER_OBJECT = "other_object"
    PARSER_MEMORY = "parser_memory"
    PARSER_TIME = "parser_time"
    PARSER_DIED = "parser_died"
    ENCRYPTED = "encrypted"
    NESTED_ARCHIVE = "nested_archive"
    COMPRESSION_UNKNOWN = "compression_unknown"
    ARCHIVE_DAMAGED = "archive_damaged"
    ARCHIVE_BOMB = "archive_bomb"
    ARCHIVE_TOO_MANY_FILES = "archive_too_many_files"


class FileRefused(Exception):
    """This file is refused; the others of its batch are not touched by that."""

    def __init__(self, code: RefusalCode) -> None:
        super().__init__(code.value)
        self.code = code
