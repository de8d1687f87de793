"""The drawn parameters of one phantom: numbers only, all lengths in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

# From the skull down. Thoracic bodies are drawn so that a stack never ends in a void.
VERTEBRAE = ("C2", "C3", "C4", "C5", "C6", "C7", "T1", "T2", "T3", "T4")
DISCS = ("C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C7/T1", "T1/2", "T2/3", "T3/4")
FAMILIES = ("first", "second")


@dataclass(frozen=True)
class BodySpec:
    """One vertebra. ``slip_mm`` > 0: in front of the vertebra below it. Lips are osteophytes at the four corners."""

    name: str
    height_mm: float
    depth_mm: float
    width_mm: float
    slip_mm: float = 0.0
    lip_anterior_upper_mm: float = 0.0
    lip_anterior_lower_mm: float = 0.0
    lip_posterior_upper_mm: float = 0.0
    lip_posterior_lower_mm: float = 0.0
    modic_upper: int = 0
    modic_lower: int = 0
    haemangioma_radius_mm: float = 0.0
    spinous_length_mm: float = 18.0

    @property
    def osteophyte_mm(self) -> float:
        return max(
            self.lip_anterior_upper_mm,
            self.lip_anterior_lower_mm,
            self.lip_posterior_upper_mm,
            self.lip_posterior_lower_mm,
        )


@dataclass(frozen=True)
class DiscSpec:
    """One disc level and what lies behind it.

    ``herniation_fraction`` is the apex's place in half sac widths from the midline, > 0 on the patient's left.
    ``degeneration`` 0 (bright nucleus) to 1 (black disc).
    """

    name: str
    height_mm: float
    degeneration: float
    bulge_mm: float
    pll_mm: float
    lf_left_mm: float
    lf_right_mm: float
    herniation_mm: float = 0.0
    herniation_fraction: float = 0.0
    herniation_half_width_mm: float = 4.0
    herniation_migration_mm: float = 0.0
    pll_ossified: bool = False
    cord_signal: bool = False
    fusion: str = ""  # "congenital": block vertebra; "surgical": bone grown through after an operation
    rudimentary_disc: bool = False
    hardware: bool = False  # an anterior plate with screws, and a cage in the disc space
    metal_bloom_mm: float = 0.0


@dataclass(frozen=True)
class LookSpec:
    """Surroundings: drawn wildly, so that a network cannot lean on them."""

    neck_half_width_mm: float
    neck_anterior_mm: float
    neck_posterior_mm: float
    fat_mm: float
    septa: float
    noise_scale_mm: float
    airway_half_ap_mm: float
    airway_half_width_mm: float
    prevertebral_mm: float
    artery_mm: float
    vein_mm: float
    junk_count: int
    body_exponent: float
    uncus_mm: float
    endplate_concavity_mm: float
    waist: float
    cortical_mm: float
    facet_mm: float
    epidural_fat_mm: float
    csf_flow: float
    symmetric: bool
    layer_waves: float
    layer_mix: float
    endplate_tilt: float


@dataclass(frozen=True)
class BoneSpec:
    """Shapes of bones, joints and of the fat between them that differ from person to person, drawn wildly too.

    Lengths end in ``_mm``; ``warp`` bends every bony outline away from the canal, ``kidney`` makes the back of body
    and disc concave, ``wedge`` narrows them toward the front, ``vee`` turns the rounded arch into two straight plates.
    """

    warp_mm: float
    warp_cell_mm: float
    kidney_mm: float
    front_exponent: float
    wedge: float
    nucleus_lens: float
    sac_front_exponent: float
    pillar_out_mm: float
    pillar_half_width_mm: float
    pillar_half_depth_mm: float
    pillar_turn: float
    pillar_exponent: float
    joint_slope: float
    joint_curve: float
    hypertrophy: float
    vee: float
    dorsal_fat: float
    atlas_scale: float
    root_slope: float


@dataclass(frozen=True)
class PoseSpec:
    """How the patient lies: rotations in degrees about the LPS axes, shift in mm."""

    pitch_deg: float
    yaw_deg: float
    roll_deg: float
    shift_mm: tuple[float, float, float]


@dataclass(frozen=True)
class PhantomSpec:
    """Everything that fixes a phantom's anatomy. Sac and cord sizes are given at C1 … T3."""

    seed: int
    family: str
    sex: str
    age_years: int
    scale: float
    lordosis_deg: float
    t1_slope_deg: float
    scoliosis_mm: float
    scoliosis_phase: float
    sac_ap_mm: tuple[float, ...]
    sac_rl_mm: tuple[float, ...]
    cord_ap_mm: tuple[float, ...]
    cord_rl_mm: tuple[float, ...]
    bodies: tuple[BodySpec, ...]
    discs: tuple[DiscSpec, ...]
    look: LookSpec
    bone: BoneSpec
    pose: PoseSpec
    margin_mm: float | None

    def body(self, name: str) -> BodySpec:
        return self.bodies[VERTEBRAE.index(name)]

    def disc(self, name: str) -> DiscSpec:
        return self.discs[DISCS.index(name)]
