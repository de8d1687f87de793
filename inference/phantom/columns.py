"""Names of the columns of every look-up table, shared by the tables and the compiled kernel."""

from __future__ import annotations

from enum import IntEnum

JUNK_PER_ROW = 8
NOISE_SIZE = 32


class Col(IntEnum):
    """Columns of the table over arc length."""

    OFFSET = 0  # posterior wall, p
    LATERAL = 1  # x of the curve
    SAC_P = 2  # centre of the sac ellipse, p
    SAC_HALF_AP = 3
    SAC_HALF_RL = 4
    CORD_P = 5
    CORD_HALF_AP = 6
    CORD_HALF_RL = 7
    PLL = 8
    PLL_HALF_WIDTH = 9
    BULGE = 10
    LIP_POSTERIOR = 11
    LIP_ANTERIOR = 12
    HERNIA = 13  # height of the herniation at this s
    HERNIA_X = 14
    HERNIA_HALF_WIDTH = 15
    HERNIA_BASE = 16  # p of the disc contour it stands on, relative to OFFSET
    LF_LEFT = 17
    LF_RIGHT = 18
    WALL = 19  # distance of the bony wall outside the sac ellipse
    VERTEBRA = 20
    SKIN_HALF_WIDTH = 21
    SKIN_ANTERIOR = 22
    SKIN_POSTERIOR = 23
    AIRWAY_P = 24
    AIRWAY_HALF_AP = 25
    AIRWAY_HALF_WIDTH = 26
    PLL_OSSIFIED = 27
    CORD_LESION = 28
    CSF_FLOW = 29
    FAT = 30


class BodyCol(IntEnum):
    TOP = 0
    BOTTOM = 1
    HALF_WIDTH = 2
    DEPTH = 3
    OFFSET = 4
    NUCLEUS = 5  # tissue code of the disc below
    MODIC_UPPER = 6
    MODIC_LOWER = 7
    HAEMANGIOMA = 8
    SPINOUS = 9
    FUSION = 10  # with the vertebra below: 0 none, 1 bone, 2 bone around a rudimentary disc, 3 bone around a cage
    PLATE = 11  # 1: an anterior plate with screws bridges the disc below
    METAL_BLOOM = 12  # how far the metal's field takes the signal away, mm


class Param(IntEnum):
    EXPONENT = 0
    UNCUS = 1
    CONCAVITY = 2
    WAIST = 3
    CORTICAL = 4
    FACET = 5
    SEPTA = 6
    NOISE_SCALE = 7
    ARTERY = 8
    VEIN = 9
    PREVERTEBRAL = 10
    SECOND_FAMILY = 11
    EPIDURAL_FAT = 12
    SYMMETRIC = 13
    LAYERS = 14
    LAYER_MIX = 15
    ENDPLATE_TILT = 16
    # From here on in the order and under the names of ``BoneSpec``.
    WARP_MM = 17
    WARP_CELL_MM = 18
    KIDNEY_MM = 19
    FRONT_EXPONENT = 20
    WEDGE = 21
    NUCLEUS_LENS = 22
    SAC_FRONT_EXPONENT = 23
    PILLAR_OUT_MM = 24
    PILLAR_HALF_WIDTH_MM = 25
    PILLAR_HALF_DEPTH_MM = 26
    PILLAR_TURN = 27
    PILLAR_EXPONENT = 28
    JOINT_SLOPE = 29
    JOINT_CURVE = 30
    HYPERTROPHY = 31
    VEE = 32
    DORSAL_FAT = 33
    ATLAS_SCALE = 34
    ROOT_SLOPE = 35
    HARDWARE = 36  # 1 where any level has metal
