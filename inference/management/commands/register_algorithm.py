"""``manage.py register_algorithm [--activate]``: name the weights of this installation in the database.

``manage.py register_algorithm --callable NAME`` registers a site's own algorithm instead (docs/plug_ins.md).
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference import algorithm_store, callables, weights
from inference.tasks import networks_of, shipped
from reporting.core.errors import DomainError
from reporting.predictions.models import Algorithm, AlgorithmKind
from reporting.predictions.services import activate_at_set_up, register_algorithm

SYNTHETIC = "trained on synthetic images; not for clinical use"
OWN = "site's own algorithm, not validated here; not for clinical use"


class Command(BaseCommand):
    help = (
        "Register what ships under the digest of its weights. --activate: at the first set-up it is active at once; "
        "every later version is proposed by a senior and activated by an auditor"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--applicability", help="printed with every value of the machine")
        parser.add_argument(
            "--callable", metavar="NAME", help="the site's own, as DENS_ALGORITHMS or a package names it"
        )
        parser.add_argument("--activate", action="store_true", help="use it from now on, if this is the first set-up")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["callable"]:
            self._register_callable(options["callable"], options["applicability"])
        else:
            self._register_shipped(options["applicability"] or SYNTHETIC, activate=options["activate"])

    def _register_callable(self, name: str, applicability: str | None) -> None:
        try:
            one = callables.registered(settings.ALGORITHM_CALLABLES).get(name)
            if one is None:
                raise CommandError(f"Neither DENS_ALGORITHMS nor an installed package names an algorithm {name!r}")
            digest, said = callables.files_digest(one.target), callables.describe(one)
            algorithm = register_algorithm(
                name=one.name,
                version=said.version,
                weights_sha256=digest,
                applicability=applicability or said.applicability or OWN,
                kind=AlgorithmKind.CALLABLE,
                origin={"callable": one.target},
                thresholds=said.thresholds,
                by=None,
            )
        except (ValueError, callables.CallableFailed, DomainError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{algorithm} ({algorithm.weights_sha256[:12]}…): {algorithm.status}\n"
            "A senior proposes it and an auditor activates it, on the page Algorithms"
        )

    def _register_shipped(self, applicability: str, *, activate: bool) -> None:
        try:
            networks = shipped()
            algorithm_store.keep_weights(settings.ALGORITHM_DIR)
        except weights.WeightsError as error:
            raise CommandError(str(error)) from error
        cards = {name: card for name, (_network, card) in networks.networks.items()}
        algorithm = register_algorithm(
            name=networks.info.name,
            version=networks.info.version,
            weights_sha256=networks.info.weights_sha256,
            applicability=applicability,
            fills_reports=True,
            card={name: vars(card) for name, card in cards.items()},
            thresholds={name: card.threshold for name, card in cards.items() if card.threshold is not None},
            by=None,
        )
        active = Algorithm.objects.active().filter(name=algorithm.name).exclude(pk=algorithm.pk).first()
        if activate:
            lost = active if active is not None and not _runs_here(active) else None
            activate_at_set_up(algorithm, in_place_of=lost)
        algorithm.refresh_from_db()
        self.stdout.write(f"{algorithm} ({algorithm.weights_sha256[:12]}…): {algorithm.status}")
        if active is not None and algorithm.status == "registered":
            self.stdout.write(
                f"{active} ({active.weights_sha256[:12]}…) stays active: a senior proposes the new version and an "
                "auditor activates it, on the page Algorithms"
            )


def _runs_here(algorithm: Algorithm) -> bool:
    try:
        networks_of(algorithm)
    except weights.WeightsError:
        return False
    return True
