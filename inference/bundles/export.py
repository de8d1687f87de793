"""One of our networks → a folder that MONAI's own bundle tools read.

The weights are safetensors where MONAI's convention has a pickled ``model.pt``; the config loads them itself.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors.torch

from inference import networks, weights
from inference.bundles import layout
from inference.weights import WeightsCard
from reporting.vocabulary import MachineFinding

SCHEMA = "https://project-monai.github.io/schema/meta_schema_20240725.json"
_LICENCE_URL = "https://www.apache.org/licenses/LICENSE-2.0"
APPLICABILITY = "Trained on synthetic images; not for clinical use."

_README = """# {title}

{description}

* `configs/metadata.json`: what goes in and comes out, on what it was trained, and its figures on held-out phantoms.
* `configs/inference.json`: `network_def` is the network. `python -m monai.bundle run --config_file
  configs/inference.json` reads every `.npy` array in `input/` (channels first, float32, prepared as the metadata says)
  and writes what the network says of it into `output/`.
* `models/model.safetensors`: the weights. There is no pickle in this bundle.

A grading network is wrapped in `inference.networks.GradingNetwork`, so that Dens must be importable to build it.

{applicability}
"""


def export_bundle(name: str, out: Path, directory: Path = weights.DIRECTORY) -> Path:
    """Write the network ``name`` as a bundle into the new folder ``out``.

    Raises:
        WeightsError: there is no such network, or its weights are missing or changed.
        FileExistsError: ``out`` is there already.
    """
    network, card = weights.read_network(name, directory)
    out.mkdir(parents=True)
    for file in (layout.METADATA, layout.WEIGHTS, layout.README):
        (out / file).parent.mkdir(exist_ok=True)
    _write_json(out / layout.METADATA, metadata(name, card))
    _write_json(out / layout.INFERENCE, inference_config(name))
    # Every key with a tensor of its own: what MONAI's tools and load_state_dict expect.
    tensors = {key: value.clone().contiguous() for key, value in network.state_dict().items()}
    safetensors.torch.save_file(tensors, out / layout.WEIGHTS)
    text = _README.format(title=_title(name), description=_description(name, card), applicability=APPLICABILITY)
    (out / layout.README).write_text(text, encoding="utf-8")
    (out / layout.LICENCE).write_text(f"Licensed under the Apache License, Version 2.0\n{_LICENCE_URL}\n")
    return out


def network_definition(name: str) -> dict[str, Any]:
    """The network as MONAI's configs write one: ``_target_`` and arguments."""
    if (plane := weights.plane_of(name)) is not None:
        return {"_target_": "monai.networks.nets.DynUNet", **networks.segmentation_arguments(plane)}
    finding = MachineFinding(name)
    return {
        "_target_": "inference.networks.GradingNetwork",
        "network": {"_target_": "monai.networks.nets.ResNet", **networks.grading_arguments(finding)},
        "shape": list(networks.CROPS[finding].shape[-2:]),
        "outputs": list(networks.OUTPUTS[finding]),
        "left_right": networks.LEFT_RIGHT.get(finding),
    }


def data_format(name: str) -> dict[str, Any]:
    """``network_data_format`` of MONAI's metadata."""
    if (plane := weights.plane_of(name)) is not None:
        classes = ["background", *(structure.value for structure in networks.STRUCTURES[plane])]
        slices = {str(number): text for number, text in enumerate(("slice before", "slice", "slice after"))}
        size = [f"{networks.SIZE_MULTIPLE}*n"] * 2
        return _format(networks.SLICES_IN, size, slices, classes, size)
    crop = networks.CROPS[MachineFinding(name)]
    channels = ["grey values"] * crop.images + [f"probability of {structure.value}" for structure in crop.structures]
    described = {str(number): text for number, text in enumerate(channels)}
    return _format(len(channels), list(crop.shape), described, list(networks.OUTPUTS[MachineFinding(name)]), [])


def _format(
    channels: int, size: list[Any], described: dict[str, str], outputs: list[str], out: list[Any]
) -> dict[str, Any]:
    base = {"type": "image", "format": "magnitude", "dtype": "float32", "is_patch_data": False}
    return {
        "inputs": {
            "image": {
                **base,
                "modality": "MR",
                "num_channels": channels,
                "spatial_shape": size,
                "value_range": [-10, 10],
                "channel_def": described,
            }
        },
        "outputs": {
            "pred": {
                **base,
                "type": "image" if out else "tuple",
                "format": "logits",
                "num_channels": len(outputs),
                "spatial_shape": out,
                "value_range": [],
                "channel_def": {str(number): text for number, text in enumerate(outputs)},
            }
        },
    }


def metadata(name: str, card: WeightsCard) -> dict[str, Any]:
    """``metadata.json``, valid under MONAI's schema of 2024-07-25."""
    return {
        "schema": SCHEMA,
        "version": card.version,
        "changelog": {card.version: f"weights of phantom version {card.phantom_version}"},
        "monai_version": version("monai"),
        "pytorch_version": version("torch"),
        "numpy_version": version("numpy"),
        "required_packages_version": {"safetensors": version("safetensors")},
        "name": f"dens-{name.replace('_', '-')}",
        "task": _title(name),
        "description": _description(name, card),
        "authors": "Dens",
        "copyright": "Apache-2.0; see LICENSE",
        "data_source": card.trained_on,
        "data_type": "dicom",
        "eval_metrics": dict(card.figures),
        "intended_use": APPLICABILITY,
        "network_data_format": data_format(name),
        layout.OURS: {
            "network": name,
            "temperature": card.temperature,
            "threshold": card.threshold,
            "size_scale": card.size_scale,
            "size_offset_mm": card.size_offset_mm,
            "phantom_version": card.phantom_version,
            "trained_on": card.trained_on,
            "seeds": dict(card.seeds),
            "training": dict(card.training),
        },
    }


def inference_config(name: str) -> dict[str, Any]:
    """``inference.json``: builds the network, loads the weights and runs it over a folder of arrays."""
    return {
        "imports": ["$import pathlib", "$import numpy", "$import torch", "$from safetensors.torch import load_file"],
        "bundle_root": ".",
        "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "dataset_dir": "$@bundle_root + '/input'",
        "output_dir": "$@bundle_root + '/output'",
        "weights": f"$@bundle_root + '/{layout.WEIGHTS}'",
        layout.NETWORK_KEY: network_definition(name),
        "network": "$@network_def.to(@device)",
        "inferer": {"_target_": "monai.inferers.SimpleInferer"},
        "initialize": [
            "$@network.load_state_dict(load_file(@weights))",
            "$@network.eval()",
            "$pathlib.Path(@output_dir).mkdir(exist_ok=True)",
            "$torch.set_grad_enabled(False)",
        ],
        "files": "$sorted(pathlib.Path(@dataset_dir).glob('*.npy'))",
        "run": [
            "$list(map(lambda file, network=@network, inferer=@inferer, device=@device, out=@output_dir: "
            "numpy.save(pathlib.Path(out) / file.name, "
            "inferer(torch.from_numpy(numpy.load(file))[None].to(device), network)[0].cpu().numpy()), @files))"
        ],
    }


def _title(name: str) -> str:
    what = "Grades" if weights.plane_of(name) is None else "Segments"
    return f"{what} cervical MR: {name.replace('_', ' ')}"


def _description(name: str, card: WeightsCard) -> str:
    return f"{_title(name)}, network {name} of Dens {card.version}. Trained on {card.trained_on}."


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
