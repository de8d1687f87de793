"""The slices that show the levels, as Media: which DICOM object shows what. The pictures stay where they are."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.reports.exports.fhir.datatypes import Resource, concept, part_id, reference, translated
from reporting.reports.key_slices import key_slices, level_places
from reporting.reports.models import Report
from reporting.studies.models import SopInstance

_KIND = {"system": "http://terminology.hl7.org/CodeSystem/media-type", "code": "image", "display": "Image"}
OVERVIEW = ("Overview, sagittal", "矢状位全貌")


@dataclass(frozen=True)
class KeyImage:
    """``en``, ``zh``: what it shows."""

    resource: Resource
    en: str
    zh: str

    def as_link(self) -> dict[str, object]:
        """How the report refers to it."""
        return {"comment": self.en, "_comment": translated(self.zh), "link": reference(self.resource)}


def key_images(report: Report, patient: Resource, at: str, *, holds: bool) -> list[KeyImage]:
    """The overview and the slice through each disc; ``at``: when they were vouched for. Empty without a reading."""
    slices = key_slices(level_places(report))
    objects = SopInstance.objects.filter(pk__in=[one.instance_id for _name, one in slices])
    named = {pk: (uid, frames) for pk, uid, frames in objects.values_list("pk", "sop_instance_uid", "number_of_frames")}
    made = []
    for name, one in slices:
        uid, frames = named[one.instance_id]
        en, zh = (f"{name}, axial", f"{name}轴位") if name else OVERVIEW
        if frames > 1:
            en, zh = f"{en}, frame {one.frame} of {frames}", f"{zh}，第{one.frame}帧（共{frames}帧）"
        resource: Resource = {
            "resourceType": "Media",
            "id": part_id(report.pk, "key image", name, uid, one.frame),
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
            "status": "completed" if holds else "entered-in-error",
            "type": concept("Image", "图像", _KIND),
            "subject": reference(patient),
            "issued": at,
            "content": {"contentType": "application/dicom", "title": en, "_title": translated(zh)},
        }
        made.append(KeyImage(resource, en, zh))
    return made
