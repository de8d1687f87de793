"""Run the whole main job on this machine: ``python -m config.demo [--once]``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402  settings must be ready first

from config import embedded_postgres  # noqa: E402
from config.demo import steps  # noqa: E402
from config.demo.new_weights import activate_new_weights  # noqa: E402
from config.demo.processes import Processes, free_port  # noqa: E402
from config.demo.reader_study import hold_reader_studies  # noqa: E402
from config.demo.signing import sign_as_drafted  # noqa: E402
from config.demo.studies import READER_STUDY_CASES  # noqa: E402
from reporting.accounts.demo import create_demo_users  # noqa: E402
from reporting.accounts.models import Role  # noqa: E402
from reporting.core.errors import DomainError  # noqa: E402
from reporting.predictions.models import Algorithm  # noqa: E402


def say(text: str) -> None:
    print(text, flush=True)


def manage(*arguments: str, show: bool = False) -> None:
    """Run one management command as its own process, as an administrator would; errors are always shown."""
    output = None if show else subprocess.DEVNULL
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=output)


def run_frozen_cases(algorithm: Algorithm) -> None:
    """Whether it passed stands in the database."""
    arguments = ["frozen_cases", algorithm.name, "--digest", algorithm.weights_sha256]
    subprocess.run([sys.executable, "manage.py", *arguments], check=False, stdin=subprocess.DEVNULL)


def prepare() -> None:
    say("Preparing the database, the broker and the demo accounts")
    manage("migrate", "--verbosity", "0")
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        manage("prepare_broker")
    manage("register_algorithm", "--activate")
    manage("create_demo_users")
    activate_new_weights(run_frozen_cases, say)
    manage("collectstatic", "--noinput", "--verbosity", "0")


def start_processes(processes: Processes, address: str) -> None:
    say("Starting the workers and the web server")
    processes.start("worker-inference", [sys.executable, "-m", "config.worker", "inference"])
    processes.start("worker-default", [sys.executable, "-m", "config.worker", "default"])
    gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--config", "config/gunicorn.py"]
    processes.start("web", [*gunicorn, "config.wsgi:application"], DENS_BIND=address)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="stop after the files are written")
    options = parser.parse_args()
    started = time.monotonic()
    # Ended by a service manager, a timeout or in the background, the demo must still end what it started.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    logging.getLogger("reporting").setLevel(logging.WARNING)  # the steps say for themselves what they do
    prepare()
    out = settings.STATE_DIR / "demo"
    address = f"127.0.0.1:{free_port(8000)}"
    try:
        with Processes(settings.STATE_DIR / "logs") as processes:
            start_processes(processes, address)
            truths = steps.make_studies(out / "studies", say)
            steps.ingest_studies(truths, say)
            jobs = steps.wait_for_jobs(truths, processes, say)
            steps.show_tables(truths, jobs, say)
            for path in steps.write_example_report(out, truths, processes):
                say(f"wrote {path}")
            say(f"Main job done in {time.monotonic() - started:.0f} s")
            if options.once:
                return 0
            serve(processes, address, out)
    except KeyboardInterrupt:
        say("\nStopping")
    except steps.DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        if not settings.DATABASE_URL:
            embedded_postgres.stop(settings.STATE_DIR)
    return 0


def prepare_reader_studies(out: Path, processes: Processes) -> None:
    """Eight more studies, signed as they were drafted, and the reader studies over them. A later run keeps them."""
    started = time.monotonic()
    written = steps.make_studies(out / "reader_study_cases", say, READER_STUDY_CASES)
    steps.ingest_studies(written, say)
    jobs = steps.wait_for_jobs(written, processes, lambda _text: None)
    failed = [study.demo.name for study in written if not jobs[study.study_instance_uid].predictions.exists()]
    if failed:
        raise steps.DemoError(f"the algorithm could not read {', '.join(failed)}")
    people = {Role(user.role): (user, password) for user, password in create_demo_users()}
    senior, password = people[Role.SENIOR]
    for report in steps.wait_for_drafts([study.study_instance_uid for study in written], processes).values():
        sign_as_drafted(report, by=senior, password=password)
    hold_reader_studies(
        {study.study_instance_uid: study.truth for study in written},
        jobs[written[0].study_instance_uid].algorithm,
        owner=people[Role.RESEARCHER][0],
        reader=people[Role.READER][0],
        say=say,
    )
    say(f"The reader studies are ready after {time.monotonic() - started:.0f} s: sign in as researcher, or as reader")


def serve(processes: Processes, address: str, out: Path) -> None:
    """Say where to look, prepare meanwhile what takes longer, and wait for Ctrl-C."""
    say("\nAccounts (name, password, role):")
    manage("create_demo_users", show=True)
    say(f"\nDens is at http://{address}/ (Ctrl-C stops everything; the data is kept in {settings.STATE_DIR})")
    say("Preparing two reader studies with invented ratings meanwhile")
    try:
        prepare_reader_studies(out, processes)
    except (DomainError, steps.DemoError) as error:  # who is looking at the reports meanwhile goes on
        say(f"The reader studies are not ready: {error}. Another make demo goes on from here.")
    while True:
        if problem := processes.dead():
            raise steps.DemoError(problem)
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
