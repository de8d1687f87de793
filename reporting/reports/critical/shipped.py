"""The critical list and its clocks as they ship: the first version of every installation's own."""

from __future__ import annotations

from reporting.reports.critical.expressions import AllOf, AnyOf, FirstTime, Is, Together
from reporting.reports.critical.rules import COMPRESSED_CORD, Trigger

CLOCK_MINUTES = {1: 60, 2: 12 * 60, 3: 3 * 24 * 60}
_URGENT = AnyOf((Is("onset", ("acute", "progressive")), Is("indication_tags", ("trauma", "sphincter", "gait_change"))))
_CORD_DEFORMED = Is("canal_grade", ("2", "3"))

TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        "compression_urgent",
        1,
        "Cord compression with signal change, acute or progressive",
        "危急值：颈髓受压伴信号异常，急性或进行性",
        AllOf((COMPRESSED_CORD, _URGENT)),
    ),
    Trigger(
        "cord_injury",
        1,
        "Acute cord injury",
        "危急值：急性颈髓损伤",
        AnyOf(
            (
                Is("cord_lesion_kind", ("haemorrhage", "transection")),
                Is("fracture_canal", ("yes",)),
                Is("dislocation_canal", ("yes",)),
            )
        ),
    ),
    Trigger(
        "epidural_collection",
        1,
        "Epidural haematoma, abscess or spondylodiscitis compressing the cord",
        "危急值：硬膜外血肿/脓肿压迫脊髓",
        AnyOf(
            (
                Together(
                    (
                        Is("extramedullary", ("epidural",)),
                        Is("extramedullary_kind", ("haematoma", "abscess")),
                        Is("extramedullary_cord_contact", ("yes",)),
                    )
                ),
                Together((Is("discitis", ("suspected",)), _CORD_DEFORMED)),
            )
        ),
    ),
    Trigger("tumour_compression", 1, "Tumour compressing the cord", "危急值：肿瘤压迫脊髓", Is("escc", ("2", "3"))),
    Trigger(
        "atlantoaxial",
        1,
        "Atlantoaxial instability compressing the cord",
        "危急值：寰枢不稳压迫脊髓",
        AllOf((Is("cvj", ("atlantodental_widening", "os_odontoideum", "pannus")), Is("cvj_cord_contact", ("yes",)))),
    ),
    Trigger(
        "compression",
        2,
        "Cord compression with signal change",
        "重要异常：脊髓受压伴信号异常",
        Is("canal_grade", ("3",)),
        superseded_by=("compression_urgent",),
    ),
    Trigger(
        "cord_lesion",
        2,
        "Tumour-like or infarct-like cord lesion",
        "重要异常：脊髓肿瘤样或梗死样病变",
        Is("cord_lesion_kind", ("tumour_like", "infarct_like")),
    ),
    Trigger(
        "extrusion",
        2,
        "Extrusion or sequestration deforming the cord",
        "重要异常：椎间盘脱出或游离压迫脊髓",
        Together((Is("hern_form", ("extrusion", "sequestration")), _CORD_DEFORMED)),
    ),
    Trigger(
        "slip",
        2,
        "New slip of grade II or more",
        "重要异常：新出现的II度及以上滑脱",
        FirstTime(Is("slip_grade", ("II", "III", "IV", "V"))),
    ),
    Trigger(
        "discitis",
        2,
        "Suspected spondylodiscitis",
        "重要异常：椎间盘炎可疑",
        Is("discitis", ("suspected",)),
        superseded_by=("epidural_collection",),
    ),
    Trigger(
        "vertebral_artery",
        2,
        "Absent vertebral artery flow void after trauma",
        "重要异常：外伤后椎动脉流空消失",
        AllOf(
            (
                Is("vertebral_arteries", ("absent_left", "absent_right", "absent_both")),
                Is("indication_tags", ("trauma",)),
            )
        ),
    ),
    Trigger(
        "deformed_cord",
        3,
        "Deformed cord without signal change",
        "需随访异常：脊髓受压变形",
        FirstTime(Is("canal_grade", ("2",))),
        superseded_by=("compression_urgent",),
    ),
    Trigger(
        "marrow",
        3,
        "Suspicious marrow",
        "需随访异常：可疑骨髓病变",
        Is("marrow", ("focal_suspicious", "diffuse_low_t1")),
    ),
    Trigger(
        "ossification",
        3,
        "Suspected ossification of the PLL narrowing the canal",
        "需随访异常：后纵韧带骨化可疑伴椎管狭窄",
        Together(
            (
                Is("pll_ossification", ("continuous", "segmental", "mixed", "localised")),
                Is("canal_grade", ("1", "2", "3")),
            )
        ),
    ),
    Trigger(
        "incidental",
        3,
        "Incidental finding that needs action",
        "需随访异常：需处理的偶然发现",
        Is("incidental_action", ("yes",)),
    ),
)
