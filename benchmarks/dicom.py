"""Receiving and answering beside Debian's Orthanc and dcmtk's storescp: C-STORE, STOW-RS, QIDO-RS, metadata, frames."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.dicom_objects import patient_id, write_study
from benchmarks.dicom_receivers import AE_TITLE, NODELAY, Receiver, debian, dens, orthanc, storescp
from benchmarks.tables import show

ROUNDS = 3
_ASKED = 0  # the seed of the study that is asked for: that of the first round on one association
SIDE, SMALL_SIDE = 320, 64
ASSOCIATIONS = 4
STOW_PARTS = 100
_BOUNDARY = b"bench-bench-bench"


def measure(objects: int, held: int, repeats: int) -> dict[str, Any]:
    """``objects``: sent at a time; ``held``: in each archive while it answers questions. Rates are per second."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="dicom-", dir="/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        ours, theirs = stack.enter_context(dens(folder / "d")), stack.enter_context(orthanc(folder / "o"))
        durable = stack.enter_context(orthanc(folder / "p", index_beside=folder / "d"))
        plain = stack.enter_context(storescp(folder / "s"))
        rounds = [_round(number, (ours, theirs, durable, plain), folder, objects) for number in range(ROUNDS)]
        found["received"] = {
            how: {title: [rates[how][title] for rates in rounds] for title in first} for how, first in rounds[0].items()
        }
        asked = (ours, durable, theirs)
        patients = [patient_id(_ASKED), *_fill(asked, held - ours.count(), folder)]
        found["held"] = {to.title: to.count() for to in asked}
        found["questions"] = _questions(asked, patients, repeats)
    _show(found)
    return found


def _round(number: int, receivers: Sequence[Receiver], folder: Path, objects: int) -> dict[str, dict[str, float]]:
    """Rates of each receiver with new objects. Who comes first changes: one leaves work behind for the next."""
    turn = [*receivers[number % len(receivers) :], *receivers[: number % len(receivers)]]
    work, seed = folder / f"round{number}", _ASKED + 10 * number
    one = [write_study(work / "one", series=1, objects=objects, side=SIDE, seed=seed)]
    four = [
        write_study(work / f"four{part}", series=1, objects=objects // ASSOCIATIONS, side=SIDE, seed=seed + 1 + part)
        for part in range(ASSOCIATIONS)
    ]
    web = write_study(work / "web", series=1, objects=objects, side=SIDE, seed=seed + 9)
    rates = {
        "C-STORE, 1 association": {to.title: _store(to, one) for to in turn},
        f"C-STORE, {ASSOCIATIONS} associations": {to.title: _store(to, four) for to in turn},
        "STOW-RS, one client": {to.title: _stow(to, web) for to in turn if to.title != "STORESCP"},
    }
    shutil.rmtree(work)
    return rates


def _store(to: Receiver, folders: Sequence[Path]) -> float:
    """Objects a second, each folder in an association of its own, all at once."""
    address = ("-aet", AE_TITLE, "-aec", to.title, "127.0.0.1", str(to.port))
    before, began = to.count(), time.perf_counter()
    senders = [
        subprocess.Popen([debian("storescu"), "+sd", *address, str(folder)], env=NODELAY, stderr=subprocess.DEVNULL)
        for folder in folders
    ]
    status = [sender.wait() for sender in senders]
    seconds = time.perf_counter() - began
    sent = sum(1 for folder in folders for _ in folder.iterdir())
    if any(status) or to.count() - before != sent:
        raise RuntimeError(f"{to.title} did not keep what it was sent")
    return round(sent / seconds, 1)


def _stow(to: Receiver, folder: Path) -> float:
    """Objects a second, in requests of ``STOW_PARTS``, one after the other."""
    paths = sorted(folder.iterdir())
    bodies = [_body(paths[at : at + STOW_PARTS]) for at in range(0, len(paths), STOW_PARTS)]
    kind = f'multipart/related; type="application/dicom"; boundary={_BOUNDARY.decode()}'
    headers = {**to.headers, "Content-Type": kind, "Accept": "application/dicom+json"}
    before, began = to.count(), time.perf_counter()
    for body in bodies:
        status, said = _post(to, "/studies", body, headers)
        if status != 200:
            raise RuntimeError(f"{to.title} answered {status}: {said[:200]!r}")
    seconds = time.perf_counter() - began
    if to.count() - before != len(paths):
        raise RuntimeError(f"{to.title} did not keep what it was sent")
    return round(len(paths) / seconds, 1)


def _body(paths: Sequence[Path]) -> bytes:
    head = b"--" + _BOUNDARY + b"\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + path.read_bytes() + b"\r\n" for path in paths) + b"--" + _BOUNDARY + b"--\r\n"


def _fill(receivers: Sequence[Receiver], objects: int, folder: Path) -> list[str]:
    """All get the same small studies of two hundred objects in four series. The patients."""
    seeds = range(100, 100 + max(0, objects) // 200)
    for seed in seeds:
        study = write_study(folder / f"fill{seed}", series=4, objects=50, side=SMALL_SIDE, seed=seed)
        for to in receivers:
            _store(to, [study])
    return [patient_id(seed) for seed in seeds]


def _questions(receivers: Sequence[Receiver], patients: Sequence[str], repeats: int) -> dict[str, Any]:
    """p50 and p95 in milliseconds; each question ``10 * repeats`` times to all in every order, on a connection each."""
    study, series, instances = _uids(receivers[0], 1000)
    first = instances[:200]
    one_series = f"/studies/{study}/series/{series}"
    asked: dict[str, Callable[[int], str]] = {
        "QIDO: studies": lambda number: "/studies?limit=50",
        "QIDO: studies of a patient": lambda number: f"/studies?PatientID={patients[-1 - number % len(patients)]}",
        "QIDO: series of a study": lambda number: f"/studies/{study}/series",
        "QIDO: 1000 instances of a series": lambda number: f"{one_series}/instances",
        "metadata of 1000 instances": lambda number: f"{one_series}/metadata",
        "frame, seen before": lambda number: f"{one_series}/instances/{first[number % 20]}/frames/1",
        "frame, not seen before": lambda number: f"{one_series}/instances/{instances[200 + number]}/frames/1",
    }
    found: dict[str, Any] = {}
    clients = [_Client(to) for to in receivers]
    orders = list(itertools.permutations(clients))
    for name, path in asked.items():
        times: dict[str, list[float]] = {to.title: [] for to in receivers}
        warming = 0 if "not seen" in name else 20 if "frame" in name else 1
        for client in clients:
            for number in range(warming):
                client.get(path(number), _kind(name))
        for number in range(3 * repeats if "1000" in name else 10 * repeats):
            # In every order: who comes after another that uses the same database server finds it awake.
            for client in orders[number % len(orders)]:
                began = time.perf_counter()
                client.get(path(number), _kind(name))
                times[client.to.title].append(1000 * (time.perf_counter() - began))
        found[name] = {title: _percentiles(values) for title, values in times.items()}
    frames = [asked["frame, seen before"](number) for number in range(40 * repeats)]
    found["frames a second, four at once"] = {to.title: _rate(to, frames) for to in receivers}
    return found


def _rate(to: Receiver, paths: list[str]) -> float:
    clients = [_Client(to) for _ in range(4)]

    def ask(number: int) -> None:
        for path in paths[number::4]:
            clients[number].get(path, _kind("frame"))

    with ThreadPoolExecutor(4) as askers:
        began = time.perf_counter()
        list(askers.map(ask, range(4)))
        return round(len(paths) / (time.perf_counter() - began), 1)


class _Client:
    """Keeps its connection, as viewers do; opens it again where the server has closed it."""

    def __init__(self, to: Receiver) -> None:
        self.to = to
        self._connection = http.client.HTTPConnection("127.0.0.1", to.web_port, timeout=300)

    def get(self, path: str, kind: str) -> bytes:
        try:
            return self._get(path, kind)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()
            return self._get(path, kind)

    def _get(self, path: str, kind: str) -> bytes:
        self._connection.request("GET", self.to.web_path + path, None, {**self.to.headers, "Accept": kind})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200 or said.strip() in (b"", b"[]"):
            raise RuntimeError(f"{self.to.title} answered {answer.status} and nothing to {path}")
        return said


def _percentiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=20)
    return {"p50": round(statistics.median(values), 2), "p95": round(cuts[-1], 2)}


def _kind(name: str) -> str:
    return 'multipart/related; type="application/octet-stream"' if "frame" in name else "application/dicom+json"


def _uids(to: Receiver, objects: int) -> tuple[str, str, list[str]]:
    """Of the study that was sent on one association."""
    client = _Client(to)

    def found(path: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = json.loads(client.get(path, _kind("")))
        return answer

    (study,) = found(f"/studies?PatientID={patient_id(_ASKED)}")
    uid = study["0020000D"]["Value"][0]
    (series,) = found(f"/studies/{uid}/series")
    series_uid = series["0020000E"]["Value"][0]
    instances = found(f"/studies/{uid}/series/{series_uid}/instances?limit={objects}")
    return uid, series_uid, [one["00080018"]["Value"][0] for one in instances]


def _post(to: Receiver, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", to.web_port, timeout=300)
    connection.request("POST", to.web_path + path, body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer.status, said


def _show(found: dict[str, Any]) -> None:
    titles = ("DENS", "ORTHANC+PG", "ORTHANC", "STORESCP")
    rows = [(how, *(_rates_of(rates.get(title, [])) for title in titles)) for how, rates in found["received"].items()]
    show(f"Objects received a second: the median of {ROUNDS} rounds, and each", ("how", *titles), rows)
    asked = {name: times for name, times in found["questions"].items() if isinstance(times["DENS"], dict)}
    peers = titles[:3]
    show(
        f"Questions at {found['held']['DENS']} objects, milliseconds",
        ("what", *(said for title in peers for said in (f"{title} p50", "p95"))),
        [(name, *(times[title][cut] for title in peers for cut in ("p50", "p95"))) for name, times in asked.items()],
    )
    rates = found["questions"]["frames a second, four at once"]
    show("Frames a second, four clients", ("", *peers), [("", *(rates[title] for title in peers))])


def _rates_of(rates: list[float]) -> str:
    each = ", ".join(f"{rate:.0f}" for rate in rates)
    return f"{statistics.median(rates):.0f} ({each})" if rates else ""
