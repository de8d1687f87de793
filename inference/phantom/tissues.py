"""The tissues a phantom is made of. A rendered phantom is an array of these codes."""

from __future__ import annotations

from enum import IntEnum


class Tissue(IntEnum):
    """One code per tissue, stable across versions because cached renders store them."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    LIGAMENT = 4  # fasciae, nuchal and transverse ligament, annulus-like scar
    AIRWAY = 5
    MUCOSA = 6
    CARTILAGE = 7
    GLAND = 8  # thyroid, salivary glands
    VESSEL_FLOW = 9  # arteries: void in spin echo, bright in gradient echo
    VESSEL_SLOW = 10  # veins
    BODY_MARROW = 11
    BODY_CORTICAL = 12
    BODY_MODIC_OEDEMA = 13
    BODY_MODIC_FAT = 14  # fatty endplate change, haemangioma
    DISC_ANNULUS = 15
    DISC_NUCLEUS_HEALTHY = 16
    DISC_NUCLEUS_MILD = 17
    DISC_NUCLEUS_MODERATE = 18
    DISC_NUCLEUS_BLACK = 19
    DISC_HERNIATED = 20
    CSF = 21
    CORD_WHITE = 22
    CORD_GREY = 23
    CORD_LESION = 24
    NERVE_ROOT = 25
    PLL = 26
    PLL_OSSIFIED = 27
    LF = 28
    EPIDURAL_FAT = 29
    EPIDURAL_VEIN = 30
    POSTERIOR_MARROW = 31
    POSTERIOR_CORTICAL = 32
    FACET_JOINT = 33
    SKULL = 34
    BRAIN = 35
    CEREBELLUM = 36
    TOOTH = 37
    LUNG = 38
    OESOPHAGUS = 39
    METAL = 40
    JUNK_A = 41
    JUNK_B = 42
    JUNK_C = 43
    JUNK_D = 44
    CSF_FLOW = 45  # CSF moving fast enough to lose signal
    BASIVERTEBRAL_VEIN = 46
    CISTERN = 47  # CSF inside the skull, no part of the thecal sac


TISSUE_COUNT = max(Tissue) + 1
