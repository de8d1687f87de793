"""A procedural digital phantom of the neck: whole MR studies with exactly known truth.

``draw_spec`` draws the anatomy, ``study_grids`` says how it is scanned, ``render_codes`` turns both into tissue codes,
``image_from_codes`` into images, ``label_map`` and ``truth_record`` into truth; ``write_study`` does all of it and
writes DICOM. It is synthetic: nothing measured on it is a clinical result.
"""

from inference.phantom.acquisition import study_grids
from inference.phantom.artefacts import ArtefactStrengths
from inference.phantom.contrast import image_from_codes
from inference.phantom.draw import draw_spec
from inference.phantom.pathology import Pathology
from inference.phantom.render import Grid, render_codes
from inference.phantom.spec import PhantomSpec
from inference.phantom.study import DEMO_ARTEFACTS, StudyPlan, plan_study, write_plan, write_study
from inference.phantom.thresholds import PHANTOM_VERSION, POSITIVE_MM
from inference.phantom.tissues import Tissue
from inference.phantom.truth import finding_records, label_map, truth_record

__all__ = [
    "DEMO_ARTEFACTS",
    "PHANTOM_VERSION",
    "POSITIVE_MM",
    "ArtefactStrengths",
    "Grid",
    "Pathology",
    "PhantomSpec",
    "StudyPlan",
    "Tissue",
    "draw_spec",
    "finding_records",
    "image_from_codes",
    "label_map",
    "plan_study",
    "render_codes",
    "study_grids",
    "truth_record",
    "write_plan",
    "write_study",
]
