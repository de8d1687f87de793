"""Two reader studies of the demonstration, by the services that everybody uses. Each step can be taken up again.

One was read by simulated readers, who look twice at once (so no washout has to pass), and is closed and analysed; the
other waits for the demo account "reader". Ratings are invented and say so; their times are those of this program.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from config.demo.simulated import AREAS, FINDINGS, SEED, Simulated
from reporting.accounts.models import Role, User
from reporting.accounts.services import create_user
from reporting.predictions.models import Algorithm
from reporting.reader_studies import services
from reporting.reader_studies.desk import next_step
from reporting.reader_studies.models import Case, Reader, ReaderStudy
from reporting.reader_studies.words import ArmKind, Design, StudyRole, StudyStatus
from reporting.studies.models import Study

Say = Callable[[str], None]
READERS = 4
CASES_TO_READ = 3
IMAGES_TIMEOUT_S = 300
POLL_S = 0.5
SIMULATED_TITLE = "Demonstration: simulated readers, invented ratings · 演示：模拟阅片者，虚构评分"
OWN_TITLE = "Demonstration: three cases to read · 演示：三个待阅病例"
SIMULATED_QUESTION = (
    "Invented. Do readers who do not exist find more with the algorithm than without it? Images are synthetic, ratings"
    " were drawn by a program around the known truth (AUC 0.80 unaided, 0.90 aided), times are those of the program."
    "\n虚构。并不存在的阅片者在算法辅助下是否发现更多病变？影像为合成影像，"
    "评分由程序围绕已知真值抽取（无辅助 AUC 0.80，有辅助 0.90），用时为程序用时。"
)
OWN_QUESTION = (
    "For trying out the reading: synthetic images, sign in as reader.\n用于试用阅片：合成影像，请以 reader 账户登录。"
)


def hold_reader_studies(
    truths: Mapping[str, Mapping[str, Any]], algorithm: Algorithm, *, owner: User, reader: User, say: Say
) -> None:
    """``truths``: StudyInstanceUID of every case, with a signed report, → the phantom's truth."""
    studies = list(Study.objects.filter(study_instance_uid__in=truths).order_by("study_instance_uid"))
    people = [simulated_reader(number) for number in range(1, READERS + 1)]
    arms = [*AREAS, ArmKind.ALGORITHM_ALONE]
    words = {"question": SIMULATED_QUESTION, "design": Design.SEQUENTIAL, "algorithm": algorithm}
    read = designed(SIMULATED_TITLE, words, studies, arms, people, owner)
    words = {"question": OWN_QUESTION, "washout_days": 1, "algorithm": algorithm}
    own = designed(OWN_TITLE, words, studies[:CASES_TO_READ], (ArmKind.UNAIDED, ArmKind.AIDED), [reader], owner)
    have_images(read, own)
    for study in (read, own):
        study.refresh_from_db()
        if study.is_in_design:
            protocol = services.lock_study(study, by=owner, expected_version=study.version)
            say(f"Locked '{study.title}', protocol {protocol.digest[:12]}")
    if read.status == StudyStatus.RUNNING:
        simulated = Simulated(truths, READERS)
        read_everything(read, simulated)
        tell_truth(read, simulated, owner)
        read.refresh_from_db()
        services.close_study(read, by=owner, expected_version=read.version)
        say(f"{READERS} simulated readers read {len(studies)} cases twice; the reading is closed")
    if not read.analyses.exists():
        services.ask_for_analysis(read, seed=SEED, resamples=1000, margin=0.05, by=owner)


def have_images(*studies: ReaderStudy) -> None:
    """Copy what no worker has begun to copy, and wait for the rest; where it does not end, the lock says why."""
    deadline = time.monotonic() + IMAGES_TIMEOUT_S
    while Case.objects.filter(reader_study__in=studies, copied_at__isnull=True).exists():
        if time.monotonic() > deadline:
            return
        services.copy_waiting_images()
        time.sleep(POLL_S)


def simulated_reader(number: int) -> User:
    """An account that nobody can sign in to: its password is thrown away."""
    name = f"simulated-reader-{number}"
    found = User.objects.filter(username=name).first()
    if found is not None:
        return found
    user, _password = create_user(
        username=name, full_name=f"Simulated reader {number} (nobody)", role=Role.READER, by=None
    )
    return user


@transaction.atomic
def designed(
    title: str,
    words: Mapping[str, Any],
    cases: Sequence[Study],
    arms: Sequence[ArmKind],
    readers: Sequence[User],
    owner: User,
) -> ReaderStudy:
    """The study of this title, or a new one with all that a lock needs but the images."""
    found = ReaderStudy.objects.filter(title=title, members__user=owner, members__role=StudyRole.OWNER).first()
    if found is not None:
        return found
    study = services.create_study(title=title, by=owner)
    rule = {"stopping_rule": "When everything is read. · 全部读完后结束。"}
    services.describe_study(study, rule | dict(words), by=owner, expected_version=study.version)
    services.set_findings(study, FINDINGS, by=owner, expected_version=study.version)
    services.set_arms(study, arms, by=owner, expected_version=study.version)
    services.add_cases(study, cases, by=owner, expected_version=study.version)
    for user in readers:
        services.add_member(study, user, StudyRole.READER, by=owner, expected_version=study.version)
    return study


def read_everything(study: ReaderStudy, simulated: Simulated) -> None:
    """Every reader, every case in its turn, until nothing is left."""
    for number, reader in enumerate(study.readers.select_related("member__user").order_by("code")):
        while next_step(reader, timezone.now()).assignment is not None:
            _read_one(reader, number, simulated)


def _read_one(reader: Reader, number: int, simulated: Simulated) -> None:
    user = reader.member.user
    reading = services.open_reading(reader, by=user)
    for answer in simulated.answers(reading.assignment, number):
        reading = services.save_rating(reading, answer, by=user, expected_version=reading.version)
    services.submit_reading(reading, by=user, expected_version=reading.version)


def tell_truth(study: ReaderStudy, simulated: Simulated, owner: User) -> None:
    """The phantoms' truth as the file that an owner would import."""
    if study.truth_imports.exists():
        return
    out = io.StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(("case", "finding", "level", "value", "source"))
    lines.writerows(simulated.true_lines(dict(study.cases.values_list("study__study_instance_uid", "code"))))
    services.import_truth(study, out.getvalue().encode(), by=owner)
