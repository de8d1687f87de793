"""A password hash for tests: of the same kind as the real one, and cheap. Hundreds of them are checked."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 8  # KiB, the least there is
    parallelism = 1
