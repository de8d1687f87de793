"""Inside a database of its own: a large reader study, stage by stage, each in a process of its own; print JSON.

DENS_STATE_DIR=… python -m benchmarks.reader_study_stages run CASES READERS VISITS | analysis RESAMPLES | package
| closed VISITS
"""

from __future__ import annotations

import http.client
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.conf import settings

from benchmarks.memory import peak_mb
from config import embedded_postgres, served

settings.DATABASES["default"] |= {"USER": "postgres", "OPTIONS": {}}
settings.ALLOWED_HOSTS = ["*"]
django.setup()

import numpy as np  # noqa: E402  settings must be ready first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks.reader_study_rows import LEVELS_RATED, make_design, make_read  # noqa: E402
from benchmarks.spent import spent_ms  # noqa: E402
from benchmarks.web_server import web_server  # noqa: E402
from reporting.accounts.models import User  # noqa: E402
from reporting.reader_studies import services  # noqa: E402
from reporting.reader_studies.analysis.reads import study_reads  # noqa: E402
from reporting.reader_studies.models import Rating, ReaderStudy, Reading  # noqa: E402
from reporting.reader_studies.services.analysis_work import run_due_analyses  # noqa: E402
from reporting.reader_studies.services.package_work import build_due_packages  # noqa: E402
from reporting.reader_studies.words import AnalysisStatus  # noqa: E402

STEPS = ("words", "findings", "people", "arms", "check")
PILOT = "var_tr=0.0002&var_error=0.0008&cov1=0.0003&cov2=0.0003&cov3=0.0002&cases=100&effect=0.05&target=0.8"
FILTERS = ("vendor=GE&finding=slip", "field_strength=1.5&from_year=2022", "level=C5&clear=on", "protocol=outside")

WARM_UP = 8
"""Visits that are not counted: each of the server's processes loads templates and words with its first one."""

Spent = list[tuple[float, float]]


def run(cases: int, readers: int, visits: int) -> dict[str, Any]:
    """Designed, locked, read; the pages of each, and of those who read and judge. Ends with the reading closed."""
    served.settle()
    study = make_design(cases, readers)
    owner, at = _owner(), f"/reader-studies/{study.pk}"
    times: dict[str, Spent] = {f"design: {step}": _visited(owner, [f"{at}/{step}/"] * visits) for step in STEPS}
    times["design: sample size"] = _visited(owner, [f"{at}/power/?{PILOT}"] * visits)
    times["design: cases"] = _visited(owner, [f"{at}/cases/?page={n % 3 + 1}" for n in range(visits)])
    filtered = [f"{at}/cases/?{FILTERS[n % len(FILTERS)]}" for n in range(visits)]
    times["design: cases, filtered"] = _visited(owner, filtered)
    lock_s = _seconds(lambda: services.lock_study(study, by=owner, expected_version=study.version))
    rows_s = _seconds(lambda: make_read(study))
    times["list of studies"] = _visited(owner, ["/reader-studies/"] * visits)
    for name in ("progress", "reference"):
        times[name] = _visited(owner, [f"{at}/{name}/"] * visits)
    times["check, locked"] = _visited(owner, [f"{at}/check/"] * visits)
    for name, each in _as_readers(study, visits).items():
        times[name] = each
    judge = User.objects.get(username="bench-judge-0")
    times["panel"] = _visited(judge, [f"{at}/panel/"] * visits)
    judged = study.cases.values_list("pk", flat=True)[:visits]
    times["panel: a case"] = _visited(judge, [f"/reader-studies/cases/{pk}/" for pk in judged])
    study.refresh_from_db()
    services.close_study(study, by=owner, expected_version=study.version)
    said = {"cases": cases, "readers": readers, "ratings": Rating.objects.count(), "lock_s": lock_s, "rows_s": rows_s}
    return said | {"pages": {name: _described(each) for name, each in times.items()}}


def analysis(resamples: int) -> dict[str, Any]:
    """As a worker does it, from the database on."""
    study = ReaderStudy.objects.get()
    read_s = _seconds(lambda: study_reads(study))
    services.ask_for_analysis(study, seed=1, resamples=resamples, margin=0.05, by=_owner())
    found = _as_worker(run_due_analyses)
    if study.analyses.get().status != AnalysisStatus.FINISHED:
        raise RuntimeError("the analysis failed")
    return {"resamples": resamples, "read_s": read_s, **found}


def package() -> dict[str, Any]:
    order = services.ask_for_package(ReaderStudy.objects.get(), by=_owner())
    found = _as_worker(build_due_packages)
    order.refresh_from_db()
    if order.status != AnalysisStatus.FINISHED:
        raise RuntimeError(order.fault)
    return {**found, "zip_mb": round(order.file.size_bytes / 1024**2, 1)}


def closed(visits: int) -> dict[str, Any]:
    """Pages that exist once the reading is closed, asked of the web server as sites run it."""
    owner, at = _owner(), f"/reader-studies/{ReaderStudy.objects.get().pk}"
    addresses = {
        "analysis": [f"{at}/analysis/"] * visits,
        "analysis: a finding": [f"{at}/analysis/?finding=finding_{n % 5}" for n in range(visits)],
        "package": [f"{at}/package/"] * visits,
    }
    with web_server(os.environ) as port:
        return {"pages": {name: _described(_fetched(port, owner, each)) for name, each in addresses.items()}}


def _fetched(port: int, user: User, addresses: list[str]) -> Spent:
    """Milliseconds until the whole answer; what it cost the server is not seen. The first visits load words."""
    cookie = _client(user).cookies[settings.SESSION_COOKIE_NAME]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = Spent()
    for address in (*addresses[:WARM_UP], *addresses):
        began = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": f"{cookie.key}={cookie.value}"})
        answer = connection.getresponse()
        answer.read()
        times.append((1000 * (time.perf_counter() - began), math.nan))
        if answer.status != 200:
            raise ValueError(f"{address} answers {answer.status}")
    connection.close()
    return times[-len(addresses) :]


def _as_readers(study: ReaderStudy, visits: int) -> dict[str, Spent]:
    """Each visit another reader: before the case, in it, and an answer saved."""
    desks, cases, answers = Spent(), Spent(), Spent()
    for reader in study.readers.select_related("member__user")[:visits]:
        user = reader.member.user
        desks += _visited(user, [f"/reader-studies/{study.pk}/reading/"])
        reading = services.open_reading(reader, by=user)
        cases += _visited(user, [f"/reader-studies/readings/{reading.pk}/"])
        answers += _answered(user, reading)
    return {"reader: desk": desks, "reader: case": cases, "reader: save an answer": answers}


def _answered(user: User, reading: Reading) -> Spent:
    """The second answer; the first one loads what is loaded once."""
    client, address = _client(user), f"/api/readings/{reading.pk}/ratings/"
    times = Spent()
    for number in (0, 1):
        said = {"finding": "finding_0", "level": LEVELS_RATED[number], "side": "", "value": 50}
        seen = {"If-Match": f'"{reading.version + number}"'}
        times.append(spent_ms(lambda: _good(client.put(address, said, "application/json", headers=seen))))  # noqa: B023
    return times[1:]


def _visited(user: User, addresses: Iterable[str]) -> Spent:
    """Milliseconds until the answer and of work, after one visit that loads templates and words."""
    client = _client(user)
    every = list(addresses)
    return [spent_ms(lambda: _good(client.get(one))) for one in (every[0], *every)][1:]  # noqa: B023  called at once


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _good(answer: Any) -> None:
    if answer.status_code != 200:
        raise ValueError(f"{answer.request['PATH_INFO']} answers {answer.status_code}")


def _owner() -> User:
    return User.objects.get(username="bench-owner")


def _described(times: Spent) -> dict[str, Any]:
    waited, worked = np.array(times).T
    work = float(np.percentile(worked, 95))
    return {
        "median_ms": round(float(np.median(waited))),
        "p95_ms": round(float(np.percentile(waited, 95))),
        "work_p95_ms": None if math.isnan(work) else round(work),
    }


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return round(time.perf_counter() - began, 1)


def _as_worker(call: Callable[[], None]) -> dict[str, Any]:
    worked, idle = time.process_time(), round(peak_mb())
    seconds = _seconds(call)
    cpu = round(time.process_time() - worked, 1)
    return {"seconds": seconds, "cpu_seconds": cpu, "idle_mb": idle, "peak_mb": round(peak_mb())}


STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "run": run,
    "analysis": analysis,
    "package": package,
    "closed": closed,
}

if __name__ == "__main__":
    try:
        print(json.dumps(STAGES[sys.argv[1]](*map(int, sys.argv[2:]))))
    finally:
        connection.close()
        embedded_postgres.stop(settings.STATE_DIR)
