"""Weights are loaded strictly, by digest, and never unpickled."""

from __future__ import annotations

import hashlib
import json
import pickle  # noqa: TID251 -- to show that it is refused
from pathlib import Path

import pytest
import torch

from inference import weights
from inference.training.card_page import PAGE, page_of
from inference.weights import WeightsCard, WeightsError

NAME = "pll"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A weights folder with one untrained network."""
    torch.manual_seed(3)
    card = WeightsCard(NAME, "0", "1.0", "synthetic images", temperature=1.5, threshold=0.4)
    weights.save(weights.build(NAME), card, tmp_path)
    return tmp_path


def test_what_was_saved_is_loaded_with_its_card(directory: Path) -> None:
    torch.manual_seed(3)
    saved = weights.build(NAME).state_dict()
    network, card = weights.load(NAME, directory)
    assert not network.training
    assert (card.temperature, card.threshold, card.trained_on) == (1.5, 0.4, "synthetic images")
    for key, value in network.state_dict().items():
        assert torch.equal(value, saved[key]), key


def test_one_changed_byte_is_refused(directory: Path) -> None:
    path = directory / f"{NAME}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"pll\.safetensors: sha256"):
        weights.load(NAME, directory)


def test_a_pickle_is_refused_without_being_run(directory: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(directory / "exploded"),)

    path = directory / f"{NAME}.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    _enter_digest(path)
    with pytest.raises(WeightsError, match="no weights file of ours"):
        weights.load(NAME, directory)
    assert not (directory / "exploded").exists()


def test_weights_of_another_network_are_refused(directory: Path) -> None:
    path = directory / f"{NAME}.safetensors"
    other = directory / "herniation.safetensors"
    other.write_bytes(path.read_bytes())
    _enter_digest(other)
    with pytest.raises(WeightsError, match="holds the weights of 'pll'"):
        weights.load("herniation", directory)


def test_tensors_that_do_not_fit_are_refused(directory: Path) -> None:
    card = WeightsCard("herniation", "0", "1.0", "synthetic images")
    weights.save(weights.build(NAME), card, directory)
    with pytest.raises(WeightsError, match="does not fit the network"):
        weights.load("herniation", directory)


def test_a_file_the_manifest_does_not_know_is_refused(directory: Path) -> None:
    (directory / weights.MANIFEST).write_text("{}")
    with pytest.raises(WeightsError, match=r"not listed in manifest\.json"):
        weights.load(NAME, directory)


def test_a_missing_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"manifest\.json cannot be read"):
        weights.load("lf", tmp_path)


def test_the_algorithm_digest_changes_with_any_weights_file(directory: Path) -> None:
    before = weights.algorithm_info(directory)
    card = WeightsCard("lf", "0", "1.0", "synthetic images")
    weights.save(weights.build("lf"), card, directory)
    after = weights.algorithm_info(directory)
    assert before.name == after.name == "dens-cervical"
    assert before.weights_sha256 != after.weights_sha256


def test_the_committed_weights_load_say_where_they_come_from_and_are_small() -> None:
    for _, card in weights.load_all().networks.values():
        assert "synthetic" in card.trained_on
        assert card.figures["measured_on"].endswith("not clinical")
        assert card.seeds["train"]
        assert card.phantom_version
    assert sum(path.stat().st_size for path in weights.DIRECTORY.glob("*.safetensors")) < 20_000_000


def _enter_digest(path: Path) -> None:
    manifest = weights.read_manifest(path.parent)
    manifest[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (path.parent / weights.MANIFEST).write_text(json.dumps(manifest))


def test_the_page_beside_the_committed_weights_is_made_from_their_cards() -> None:
    cards = [weights.read_card(weights.DIRECTORY / file) for file in weights.read_manifest()]
    assert {card.name for card in cards} == set(weights.NAMES)
    assert (weights.DIRECTORY / PAGE).read_text(encoding="utf-8") == page_of(cards)


def test_a_moved_threshold_holds_within_its_block_and_for_its_network_alone() -> None:
    name, other = "herniation", "slip"
    networks = weights.load_all()
    card, another = networks.networks[name][1], networks.networks[other][1]
    with weights.using(networks, thresholds={name: 0.123}):
        assert weights.operating_point(name, card) == 0.123
        assert weights.operating_point(other, another) == another.threshold
    assert weights.operating_point(name, card) == card.threshold
