"""What a phantom looks like around its measures: soft tissue, shapes of bones, and how the patient lies."""

from __future__ import annotations

import numpy as np

from inference.phantom.spec import BoneSpec, LookSpec, PoseSpec


def draw_look(rng: np.random.Generator, scale: float) -> LookSpec:
    return LookSpec(
        neck_half_width_mm=float(rng.uniform(50, 78) * scale),
        neck_anterior_mm=float(rng.uniform(52, 85) * scale),
        neck_posterior_mm=float(rng.uniform(48, 80) * scale),
        fat_mm=float(rng.uniform(3, 16)),
        septa=float(rng.uniform(0.02, 0.09)),
        noise_scale_mm=float(rng.uniform(5, 13)),
        airway_half_ap_mm=float(rng.uniform(2.5, 8.5)),
        airway_half_width_mm=float(rng.uniform(5, 14)),
        prevertebral_mm=float(rng.uniform(3, 6.5)),
        artery_mm=float(rng.uniform(2.6, 4.0)),
        vein_mm=float(rng.uniform(3.0, 7.5)),
        junk_count=int(rng.integers(0, 40)),
        body_exponent=float(rng.uniform(2.3, 4.5)),
        uncus_mm=float(rng.uniform(1.0, 4.5)),
        endplate_concavity_mm=float(rng.uniform(0.0, 1.6)),
        waist=float(rng.uniform(0.0, 0.10)),
        cortical_mm=float(rng.uniform(0.5, 1.1)),
        facet_mm=float(rng.uniform(0.8, 1.8)),
        epidural_fat_mm=float(rng.uniform(0.2, 1.6)),
        csf_flow=float(rng.uniform(0, 1)),
        symmetric=bool(rng.random() < 0.6),
        layer_waves=float(rng.uniform(0.3, 2.0)),
        layer_mix=float(rng.choice([0.0, 1.0, rng.uniform(0, 1)], p=[0.2, 0.5, 0.3])),
        endplate_tilt=float(rng.uniform(-0.04, 0.14)),
    )


def draw_bone(rng: np.random.Generator, scale: float) -> BoneSpec:
    return BoneSpec(
        warp_mm=float(rng.uniform(0.1, 1.3)),
        warp_cell_mm=float(rng.uniform(4, 11)),
        kidney_mm=float(rng.uniform(0.0, 1.2)),
        front_exponent=float(rng.uniform(1.8, 3.2)),
        wedge=float(rng.uniform(-0.15, 0.25)),
        nucleus_lens=float(rng.uniform(0.0, 1.0)),
        sac_front_exponent=float(rng.uniform(2.0, 3.0)),
        pillar_out_mm=float(rng.uniform(4.5, 7.5) * scale),
        pillar_half_width_mm=float(rng.uniform(5.0, 8.5) * scale),
        pillar_half_depth_mm=float(rng.uniform(4.2, 6.8) * scale),
        pillar_turn=float(rng.uniform(-0.2, 0.6)),
        pillar_exponent=float(rng.uniform(2.0, 3.2)),
        joint_slope=float(rng.uniform(0.45, 1.2)),
        joint_curve=float(rng.uniform(-0.05, 0.05)),
        hypertrophy=float(rng.uniform(0.0, 0.35) if rng.random() < 0.5 else 0.0),
        vee=float(rng.uniform(0.0, 1.0)),
        dorsal_fat=float(rng.uniform(0.0, 1.0)),
        atlas_scale=float(rng.uniform(0.85, 1.25)),
        root_slope=float(rng.uniform(0.15, 0.7)),
    )


def draw_pose(rng: np.random.Generator) -> PoseSpec:
    return PoseSpec(
        pitch_deg=float(rng.normal(0, 5)),
        yaw_deg=float(rng.normal(0, 4)),
        roll_deg=float(rng.normal(0, 4)),
        shift_mm=(float(rng.normal(0, 8)), float(rng.normal(0, 12)), float(rng.normal(0, 15))),
    )
