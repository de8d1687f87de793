"""DICOMweb below one address, in the standard's own words (PS3.18 section 10)."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from reporting.dicom_network import retrieve_views as retrieve
from reporting.dicom_network import search_views as search
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


class ValuePath(StringConverter):
    """Tags, and between them numbers of items from 1."""

    regex = r"[0-9A-F]{8}(?:/[1-9][0-9]{0,5}/[0-9A-F]{8}){0,16}"


register_converter(ValuePath, "value_path")
register_converter(DicomUid, "dicom_uid")
register_converter(FrameList, "frame_list")

_STUDY = "studies/<dicom_uid:study_uid>"
_SERIES = f"{_STUDY}/series/<dicom_uid:series_uid>"
_INSTANCE = f"{_SERIES}/instances/<dicom_uid:instance_uid>"

app_name = "dicom_network"
urlpatterns = [
    path("studies", search.StudiesView.as_view(), name="studies"),
    path(_STUDY, retrieve.StudyView.as_view(), name="study"),
    path(f"{_STUDY}/series", search.SearchSeriesView.as_view(), name="study-series"),
    path(f"{_STUDY}/instances", search.SearchInstancesView.as_view(), name="study-instances"),
    path(f"{_STUDY}/metadata", retrieve.StudyMetadataView.as_view(), name="study-metadata"),
    path(_SERIES, retrieve.SeriesView.as_view(), name="series"),
    path(f"{_SERIES}/instances", search.SearchSeriesInstancesView.as_view(), name="series-instances"),
    path(f"{_SERIES}/metadata", retrieve.SeriesMetadataView.as_view(), name="series-metadata"),
    path(_INSTANCE, retrieve.InstanceView.as_view(), name="instance"),
    path(f"{_INSTANCE}/metadata", retrieve.InstanceMetadataView.as_view(), name="instance-metadata"),
    path(f"{_INSTANCE}/bulkdata/<value_path:where>", retrieve.BulkDataView.as_view(), name="bulkdata"),
    path(f"{_INSTANCE}/rendered", retrieve.RenderedInstanceView.as_view(), name="rendered"),
    path(f"{_INSTANCE}/frames/<int:frame>/rendered", retrieve.RenderedFrameView.as_view(), name="frame-rendered"),
    path(f"{_INSTANCE}/frames/<frame_list:frames>", FramesView.as_view(), name="frames"),
]
