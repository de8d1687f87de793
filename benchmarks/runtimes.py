"""The served segmentation network in other runtimes, where they are installed: none of them is a dependency.

``pip install onnx onnxscript onnxruntime openvino`` measures both; what is missing is named, with the reason.
"""

from __future__ import annotations

import importlib
import io
import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.tables import show
from benchmarks.timing import side_by_side
from inference import weights
from inference.serving_form import served

_WINDOWS, _AT_ONCE, _SIZE = 24, 6, (160, 144)
TOLERANCE = 1e-3
"""Largest difference of a class probability that would still be the same result."""
_TORCH = "torch, served form"


def measure(repeats: int) -> dict[str, Any]:
    """Seconds of each runtime beside torch, and the largest difference of a probability."""
    network = served(weights.load(weights.SEGMENTATION_NAMES["axial"])[0], torch.device("cpu"))
    images = torch.randn(_WINDOWS, 3, *_SIZE, generator=torch.Generator().manual_seed(1))
    runners: dict[str, Callable[[Tensor], Tensor]] = {_TORCH: _torch(network)}
    missing: dict[str, str] = {}
    others: dict[str, Callable[[bytes], Callable[[Tensor], Tensor]]] = {
        "onnxruntime": _onnxruntime,
        "openvino": _openvino,
    }
    try:
        program = _exported(network, images[:_AT_ONCE])
    except ImportError as error:
        missing = dict.fromkeys(others, f"not measured: {error}")
        others = {}
    for name, make in others.items():
        try:
            runners[name] = make(program)
        except ImportError as error:
            missing[name] = f"not measured: {error}"
    times = side_by_side({name: _all(run, images) for name, run in runners.items()}, repeats)
    truth = _probabilities(runners[_TORCH], images)
    found = {
        name: {
            **times[name].as_json(),
            "wall_ratio": round(times[name].wall_s / times[_TORCH].wall_s, 3),
            "largest_difference": float((_probabilities(run, images) - truth).abs().max()),
        }
        for name, run in runners.items()
    }
    rows = [(name, *one.values()) for name, one in found.items()]
    title = f"Segmentation network in other runtimes, {_WINDOWS} windows; the same within {TOLERANCE}"
    show(title, ("runtime", "wall s", "CPU s", "wall ratio", "largest difference"), rows)
    for name, reason in missing.items():
        print(f"  {name} {reason}")
    return {**found, **missing}


def _all(run: Callable[[Tensor], Tensor], images: Tensor) -> Callable[[], None]:
    def call() -> None:
        for start in range(0, len(images), _AT_ONCE):
            run(images[start : start + _AT_ONCE])

    return call


def _probabilities(run: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    parts = [run(images[start : start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)]
    return torch.cat(parts).softmax(dim=1)


def _torch(network: nn.Module) -> Callable[[Tensor], Tensor]:
    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        said: Tensor = network(images.contiguous(memory_format=torch.channels_last))
        return said

    return run


def _exported(network: nn.Module, images: Tensor) -> bytes:
    for name in ("onnx", "onnxscript"):
        importlib.import_module(name)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it names every library it does not find
    program = torch.onnx.export(network, (images.contiguous(),), dynamo=True, verbose=False)
    if program is None:
        raise RuntimeError("torch wrote no ONNX program")
    written: bytes = program.model_proto.SerializeToString()
    return written


def _onnxruntime(program: bytes) -> Callable[[Tensor], Tensor]:
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = runtime.InferenceSession(program, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(images: Tensor) -> Tensor:
        return torch.from_numpy(session.run(None, {name: images.numpy()})[0])

    return run


def _openvino(program: bytes) -> Callable[[Tensor], Tensor]:
    openvino = importlib.import_module("openvino")
    core = openvino.Core()
    model = core.read_model(io.BytesIO(program))
    # Without the hint it would compute in bfloat16 on processors that can, which gives other results.
    settings = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(model, "CPU", settings)

    def run(images: Tensor) -> Tensor:
        return torch.from_numpy(compiled(images.numpy())[0])

    return run
