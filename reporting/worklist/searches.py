"""Words searched for, kept in the session under a token that may stand in an address."""

from __future__ import annotations

from django.http import HttpRequest

from reporting.worklist.filters import MAX_SEARCH_CHARACTERS, new_token

_KEY = "worklist_searches"
_MOST = 20


def words_of(request: HttpRequest, token: str) -> str:
    """What was searched for; empty for a token of another session or one long out of use."""
    kept = request.session.get(_KEY)
    return str(kept.get(token, "")) if token and isinstance(kept, dict) else ""


def keep_words(request: HttpRequest, words: str) -> str:
    """The token of ``words``, which must not be empty."""
    kept = request.session.get(_KEY)
    pairs = list(kept.items()) if isinstance(kept, dict) else []
    token = new_token()
    request.session[_KEY] = dict([*pairs, (token, words[:MAX_SEARCH_CHARACTERS])][-_MOST:])
    return token
