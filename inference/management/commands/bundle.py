"""``manage.py bundle export NETWORK OUT`` and ``manage.py bundle import DIR``: networks as MONAI bundles.

An imported bundle becomes a registered algorithm: ours, with one network replaced. It reads studies only after a senior
proposed it, it passed the frozen cases and an auditor activated it. Under the name of the algorithm that fills reports
(``--name dens-cervical``) it is a new version of that one; under its own it is shown beside.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import algorithm_store, weights
from inference.bundles.export import export_bundle
from inference.bundles.files import BundleRefused
from inference.bundles.reading import combined_digest, take_in
from inference.tasks import networks_of, shipped
from reporting.core.errors import DomainError
from reporting.predictions.models import AlgorithmKind
from reporting.predictions.services import register_algorithm

APPLICABILITY = "imported bundle, not validated here; not for clinical use"


class Command(BaseCommand):
    help = "Write one of our networks as a MONAI bundle, or register a bundle as an algorithm"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        out = acts.add_parser("export", help="write a bundle")
        out.add_argument("network", choices=weights.NAMES)
        out.add_argument("out", type=Path, help="a folder that is not there yet")
        take = acts.add_parser("import", help="register a bundle as an algorithm")
        take.add_argument("folder", type=Path)
        take.add_argument("--network", choices=weights.NAMES, help="which of ours it stands in for, if it does not say")
        take.add_argument("--name", help="of the algorithm; default: the bundle's own")
        take.add_argument("--applicability", default=APPLICABILITY, help="printed with every value of the machine")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "export":
            self._export(options["network"], options["out"])
        else:
            self._import(options)

    def _export(self, network: str, out: Path) -> None:
        try:
            export_bundle(network, out)
        except FileExistsError as error:
            raise CommandError(f"{out} is there already") from error
        except weights.WeightsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{network}: written to {out}")

    def _import(self, options: dict[str, Any]) -> None:
        store = settings.ALGORITHM_DIR
        try:
            base = shipped()
            algorithm_store.keep_weights(store)
            bundle = take_in(options["folder"], store, network=options["network"])
        except BundleRefused as refusal:
            raise CommandError(f"{options['folder'].name}: {refusal} [{refusal.code}]") from refusal
        except weights.WeightsError as error:
            raise CommandError(str(error)) from error
        name = options["name"] or _slug(bundle.name) or f"bundle-{bundle.sha256[:8]}"
        cards = {known: card for known, (_network, card) in base.networks.items()} | {bundle.network: bundle.card}
        try:
            algorithm = register_algorithm(
                name=name,
                version=bundle.version[:32],
                weights_sha256=combined_digest(base.info.weights_sha256, bundle),
                applicability=options["applicability"],
                kind=AlgorithmKind.BUNDLE,
                fills_reports=name == weights.ALGORITHM_NAME,
                origin={"bundle": bundle.sha256, "network": bundle.network, "base": base.info.weights_sha256},
                card={known: vars(card) for known, card in cards.items()},
                thresholds={known: card.threshold for known, card in cards.items() if card.threshold is not None},
                by=None,
            )
            networks_of(algorithm)
        except (DomainError, weights.WeightsError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{algorithm} ({algorithm.weights_sha256[:12]}…): {algorithm.status}, {bundle.network} from the bundle "
            f"{bundle.sha256[:12]}…\nA senior proposes it and an auditor activates it, on the page Algorithms"
        )


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-._")[:64]
