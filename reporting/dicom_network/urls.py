"""DICOMweb below one address, in the standard's own words (PS3.18 section 10)."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reporting.dicom_network.frames import FramesView


class DicomUid(StringConverter):
    regex = r"[0-9.]{1,64}"


class FrameList:
    """``1,2,5`` ↔ (1, 2, 5)."""

    regex = r"[0-9]{1,9}(?:,[0-9]{1,9}){0,999}"

    def to_python(self, value: str) -> tuple[int, ...]:
        return tuple(int(frame) for frame in value.split(","))

    def to_url(self, value: object) -> str:
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


register_converter(DicomUid, "dicom_uid")
register_converter(FrameList, "frame_list")

_INSTANCE = "studies/<dicom_uid:study_uid>/series/<dicom_uid:series_uid>/instances/<dicom_uid:instance_uid>"

app_name = "dicom_network"
urlpatterns = [path(f"{_INSTANCE}/frames/<frame_list:frames>", FramesView.as_view(), name="frames")]
