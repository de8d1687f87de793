"""The login form: Django's, with our throttle and one message for every failure."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from reporting.accounts.services import TooManyAttempts, WrongPassword, authenticate_for_login


class LoginForm(AuthenticationForm):
    throttled = False

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username and password:
            try:
                self.user_cache = authenticate_for_login(username, password)
            except (WrongPassword, TooManyAttempts) as error:
                self.throttled = isinstance(error, TooManyAttempts)
                raise ValidationError(error.message, code=error.code) from error
        return self.cleaned_data
