"""Our networks leave as MONAI bundles that MONAI's own tools accept; what comes back is checked as a stranger's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser, run, verify_net_in_out

from inference import algorithm_store, weights
from inference.algorithms import WantedNetworks, open_networks
from inference.bundles import layout
from inference.bundles.definition import build_network
from inference.bundles.export import export_bundle, metadata, network_definition
from inference.bundles.files import PICKLES, BundleRefused
from inference.bundles.reading import Bundle, combined_digest, load_network, take_in
from inference.networks import CROPS
from inference.serving_form import served
from inference.weights import WeightsError
from reporting.vocabulary import MachineFinding

NAME = "lf"
# Of MONAI's schema of 2024-07-25, which can be fetched from its address only.
SCHEMA_REQUIRES = {
    *("schema", "version", "monai_version", "pytorch_version", "numpy_version", "required_packages_version"),
    *("task", "description", "authors", "copyright", "network_data_format"),
}
TENSOR_REQUIRES = {"type", "format", "num_channels", "spatial_shape", "dtype", "value_range"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_bundle(NAME, tmp_path_factory.mktemp("bundles") / NAME)


@pytest.fixture
def bundle(exported: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(exported, tmp_path / "bundle"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def crops(count: int = 2) -> torch.Tensor:
    crop = CROPS[MachineFinding(NAME)]
    values = np.random.default_rng(7).normal(size=(count, crop.channels, *crop.shape))
    return torch.from_numpy(values.astype(np.float32))


@torch.inference_mode()
def answers(network: torch.nn.Module) -> torch.Tensor:
    output: torch.Tensor = network(crops())
    return output


def edit(folder: Path, file: str, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((folder / file).read_text())
    change(content)
    (folder / file).write_text(json.dumps(content))


@pytest.mark.parametrize("name", weights.NAMES)
def test_every_network_has_metadata_as_monai_s_schema_wants_them(name: str) -> None:
    _network, card = weights.read_network(name)
    written = metadata(name, card)
    assert written.keys() >= SCHEMA_REQUIRES
    for tensor in (
        written["network_data_format"]["inputs"]["image"],
        written["network_data_format"]["outputs"]["pred"],
    ):
        assert tensor.keys() >= TENSOR_REQUIRES
        assert len(tensor["channel_def"]) == tensor["num_channels"]
    assert "not for clinical use" in written["intended_use"]
    assert written["eval_metrics"] == dict(card.figures)


@pytest.mark.parametrize("name", [NAME, "slip", "sagittal_segmentation"])
def test_monai_builds_the_network_and_finds_what_the_metadata_say(name: str, tmp_path: Path) -> None:
    out = export_bundle(name, tmp_path / name)
    files = {"meta_file": str(out / layout.METADATA), "config_file": str(out / layout.INFERENCE)}
    verify_net_in_out(net_id="network", device="cpu", **files)
    parser = ConfigParser()
    parser.read_config(files["config_file"])
    built = parser.get_parsed_content(layout.NETWORK_KEY)
    assert {key: value.shape for key, value in built.state_dict().items()} == {
        key: value.shape for key, value in weights.build(name).state_dict().items()
    }


@pytest.mark.filterwarnings("ignore:parsing config_file:UserWarning")
def test_monai_runs_the_bundle_and_says_what_dens_says(bundle: Path) -> None:
    (bundle / "input").mkdir()
    np.save(bundle / "input" / "one.npy", crops(1)[0].numpy())
    before = torch.is_grad_enabled()
    run(
        run_id="run",
        init_id="initialize",
        meta_file=str(bundle / layout.METADATA),
        config_file=str(bundle / layout.INFERENCE),
        bundle_root=str(bundle),
        device="cpu",
    )
    torch.set_grad_enabled(before)
    network, _card = weights.read_network(NAME)
    with torch.inference_mode():
        expected = network(crops(1))[0]
    np.testing.assert_allclose(np.load(bundle / "output" / "one.npy"), expected.numpy(), atol=1e-6)


def test_a_bundle_comes_back_with_the_same_outputs_and_card(bundle: Path, store: Path) -> None:
    taken = take_in(bundle, store)
    network, card = weights.read_network(NAME)
    assert torch.equal(answers(load_network(taken)), answers(network))
    assert (taken.network, taken.card.threshold, taken.card.temperature) == (NAME, card.threshold, card.temperature)
    assert taken.card.figures == card.figures
    assert taken.folder == algorithm_store.bundle_folder(store, taken.sha256)
    assert take_in(bundle, store) == taken, "taken in again it is the same one"
    assert sorted(path.name for path in store.iterdir()) == ["bundles"], "nothing is left lying around"


def wanted(bundle: Bundle) -> WantedNetworks:
    base = weights.algorithm_info().weights_sha256
    return WantedNetworks(
        "plug-in", "1", combined_digest(base, bundle), bundle=bundle.sha256, network=bundle.network, base=base
    )


def test_an_imported_network_stands_in_for_ours_under_a_digest_of_both(bundle: Path, store: Path) -> None:
    edit(bundle, layout.METADATA, lambda m: m[layout.OURS].update(threshold=0.9))
    asked = wanted(take_in(bundle, store))
    networks = open_networks(asked, store)
    assert networks.info == asked.info
    with weights.using(networks):
        assert weights.algorithm_info() == asked.info
        assert weights.load(NAME)[1].threshold == 0.9
        assert weights.load("slip")[1] == weights.read_network("slip")[1]
    assert weights.load(NAME)[1].threshold != 0.9


def test_a_kept_bundle_that_was_changed_is_not_used(bundle: Path, store: Path) -> None:
    taken = take_in(bundle, store)
    asked = wanted(taken)
    edit(taken.folder, layout.METADATA, lambda m: m[layout.OURS].update(threshold=0.01))
    with pytest.raises(WeightsError, match="was changed"):
        open_networks(asked, store)
    shutil.rmtree(taken.folder)
    with pytest.raises(WeightsError, match="missing"):
        open_networks(asked, store)


def refused(bundle: Path, store: Path, **options: Any) -> BundleRefused:
    with pytest.raises(BundleRefused) as refusal:
        take_in(bundle, store, **options)
    assert not list(store.rglob("*.json")), "nothing is kept"
    return refusal.value


@pytest.mark.parametrize("suffix", sorted(PICKLES))
def test_a_pickle_is_refused_by_its_name(suffix: str, bundle: Path, store: Path) -> None:
    (bundle / "models" / f"model{suffix}").write_bytes(b"whatever")
    refusal = refused(bundle, store)
    assert refusal.code == "pickle_refused"
    assert f"models/model{suffix}" in str(refusal)


def test_a_pickle_under_the_name_of_safetensors_is_not_read_as_one(bundle: Path, store: Path, tmp_path: Path) -> None:
    makes_a_folder = f"cos\nmkdir\n(V{tmp_path / 'trace'}\ntR."  # protocol 0: os.mkdir(…) when it is unpickled
    (bundle / layout.WEIGHTS).write_bytes(makes_a_folder.encode())
    assert refused(bundle, store).code == "weights_do_not_fit"
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "name", ["scripts/run.py", "models/model.onnx", "models/lib.so", "configs/inference.yaml", "x"]
)
def test_other_files_are_refused_too(name: str, bundle: Path, store: Path) -> None:
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_bytes(b"x")
    refusal = refused(bundle, store)
    assert refusal.code == "file_refused"
    assert name in str(refusal)


def _link_to_a_file(bundle: Path) -> None:
    (bundle / layout.WEIGHTS).unlink()
    (bundle / layout.WEIGHTS).symlink_to("/etc/passwd")


def _link_to_a_folder(bundle: Path) -> None:
    (bundle / "docs" / "more").symlink_to("/etc")


def _pipe(bundle: Path) -> None:
    os.mkfifo(bundle / "docs" / "pipe.md")


def _deep(bundle: Path) -> None:
    (bundle / "a/b/c/d/e/f/g").mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_link_to_a_file, "link_refused"),
        (_link_to_a_folder, "link_refused"),
        (_pipe, "file_refused"),
        (_deep, "too_deep"),
    ],
)
def test_nothing_outside_of_the_folder_is_read(
    spoil: Callable[[Path], None], code: str, bundle: Path, store: Path
) -> None:
    spoil(bundle)
    assert refused(bundle, store).code == code


def _definition(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: config[layout.NETWORK_KEY].update(changes)


_SYSTEM = {"_target_": "os.mkdir", "path": "trace"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda config: config.update(network_def=_SYSTEM), "target_refused"),
        (lambda config: config.update(network_def={"_target_": "builtins.eval", "source": "1"}), "target_refused"),
        (lambda config: config.update(network_def={"_target_": "monai.bundle.run"}), "target_refused"),
        (
            lambda config: config.update(network_def={"_target_": "monai.networks.nets.TorchVisionFCModel"}),
            "target_refused",
        ),
        (lambda config: config.update(network_def={"_target_": ["os.mkdir"]}), "target_refused"),
        (_definition(network=_SYSTEM), "target_refused"),
        (_definition(shape=[1, {"deep": [_SYSTEM]}]), "target_refused"),
        (lambda config: config.update(extra={"anything": [_SYSTEM]}), "target_refused"),
        (lambda config: config.update(network_def="$__import__('os').mkdir('trace')"), "not_a_network"),
        (_definition(shape="$__import__('os').mkdir('trace')"), "expression_refused"),
        (_definition(shape="@bundle_root"), "expression_refused"),
        (_definition(shape="%other.json::x"), "expression_refused"),
        (_definition(_mode_="callable"), "key_refused"),
        (_definition(shape=[10**9, 1]), "too_large"),
        (_definition(shape=[1] * 100), "too_large"),
        (_definition(nonsense=1), "not_buildable"),
        (lambda config: config.pop("network_def"), "no_network"),
    ],
)
def test_a_config_builds_listed_classes_only_and_evaluates_nothing(
    change: Callable[[dict[str, Any]], object],
    code: str,
    bundle: Path,
    store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    edit(bundle, layout.INFERENCE, change)
    assert refused(bundle, store).code == code
    assert not (tmp_path / "trace").exists()


def test_a_network_of_absurd_size_is_refused_before_it_takes_memory(bundle: Path, store: Path) -> None:
    wide = {"_target_": "BasicUNet", "spatial_dims": 3, "features": [4096] * 6}
    edit(bundle, layout.INFERENCE, lambda config: config.update(network_def=wide))
    assert refused(bundle, store).code == "too_large"


LISTED: dict[str, dict[str, Any]] = {
    "AttentionUnet": {"channels": [8, 16], "strides": [2]},
    "BasicUNet": {"features": [8] * 6, "norm": "batch"},
    "DenseNet": {"init_features": 8, "growth_rate": 8, "block_config": [2, 2]},
    "DynUNet": {
        "kernel_size": [3, 3, 3],
        "strides": [1, 2, 2],
        "upsample_kernel_size": [2, 2],
        "filters": [8, 16, 32],
        "norm_name": "batch",
        "res_block": True,
    },
    "SegResNet": {"norm": "batch"},
    "UNet": {"channels": [8, 16], "strides": [2], "norm": "batch"},
}


@pytest.mark.parametrize("name", LISTED)
def test_a_listed_network_says_the_same_in_the_form_in_which_it_is_served(name: str) -> None:
    sizes = {"spatial_dims": 2, "in_channels": 3, "out_channels": 5}
    network = build_network({"_target_": f"monai.networks.nets.{name}", **sizes, **LISTED[name]}).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as after training
            assert module.running_mean is not None
            module.running_mean.normal_(generator=torch.Generator().manual_seed(1))
    images = torch.from_numpy(np.random.default_rng(3).normal(size=(1, 3, 64, 64)).astype(np.float32))
    with torch.inference_mode():
        before = network(images)
        after = served(network, torch.device("cpu"))(images)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_a_network_that_does_not_answer_like_ours_is_refused(bundle: Path, store: Path) -> None:
    assert refused(bundle, store, network="herniation").code == "wrong_shape"
    edit(bundle, layout.INFERENCE, lambda config: config.update(network_def=network_definition("slip")))
    assert refused(bundle, store).code == "weights_do_not_fit"


@pytest.mark.parametrize(
    ("file", "change", "code"),
    [
        (layout.METADATA, lambda m: m.pop("version"), "metadata_incomplete"),
        (layout.METADATA, lambda m: m[layout.OURS].pop("network"), "no_place"),
        (layout.METADATA, lambda m: m[layout.OURS].update(network="../slip"), "no_place"),
        (layout.METADATA, lambda m: m[layout.OURS].update(threshold=float("nan")), "metadata_wrong"),
        (layout.METADATA, lambda m: m[layout.OURS].update(threshold=2), "metadata_wrong"),
        (layout.METADATA, lambda m: m[layout.OURS].update(temperature=0), "metadata_wrong"),
        (layout.METADATA, lambda m: m[layout.OURS].update(temperature="hot"), "metadata_wrong"),
    ],
)
def test_metadata_that_make_no_sense_are_refused(
    file: str, change: Callable[[dict[str, Any]], object], code: str, bundle: Path, store: Path
) -> None:
    edit(bundle, file, change)
    assert refused(bundle, store).code == code


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000])
def test_a_config_that_cannot_be_read_is_refused(content: bytes, bundle: Path, store: Path) -> None:
    (bundle / layout.INFERENCE).write_bytes(content)
    assert refused(bundle, store).code in {"config_unreadable", "too_large"}


def test_a_missing_or_torn_weights_file_is_refused(bundle: Path, store: Path) -> None:
    whole = (bundle / layout.WEIGHTS).read_bytes()
    (bundle / layout.WEIGHTS).write_bytes(whole[: len(whole) // 2])
    assert refused(bundle, store).code == "weights_do_not_fit"
    (bundle / layout.WEIGHTS).unlink()
    assert refused(bundle, store).code == "no_weights"


def test_a_bundle_from_elsewhere_says_where_it_belongs_on_the_command_line(bundle: Path, store: Path) -> None:
    edit(bundle, layout.METADATA, lambda m: m.pop(layout.OURS))
    taken = take_in(bundle, store, network=NAME)
    assert (taken.card.threshold, taken.card.temperature) == (0.5, 1.0)


def test_export_does_not_write_over_what_is_there(exported: Path) -> None:
    with pytest.raises(FileExistsError):
        export_bundle(NAME, exported)
