"""/accounts/tokens/: what a person lets their own programs read, until when, and an end to it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from reporting.accounts.access_tokens import MOST_DAYS, issue_token, revoke_token, scopes_of
from reporting.accounts.models import AccessToken, TokenScope, User
from reporting.accounts.services import WrongPassword, authenticate_for_token
from reporting.core.errors import DomainError, NotAllowed

_DAYS = max(MOST_DAYS[scope] for scope in (TokenScope.IMAGES, TokenScope.REPORTS))


class TokenForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("For which program"), max_length=64, help_text=gettext_lazy("Such as: viewer in room 3.")
    )
    scope = forms.ChoiceField(label=gettext_lazy("What it may do"))
    days = forms.IntegerField(label=gettext_lazy("For how many days"), min_value=1, max_value=_DAYS, initial=30)
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, data: Any = None, *, scopes: list[TokenScope]) -> None:
        super().__init__(data)
        self.fields["scope"].choices = [(scope.value, scope.label) for scope in scopes]  # type: ignore[attr-defined]


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Their list, and a form for one more. The answer to the form shows the token, this once."""
    user = cast(User, request.user)
    scopes: list[TokenScope] = [scope for scope in scopes_of(user) if scope is not TokenScope.STORE]
    if not scopes:
        raise NotAllowed(_("Your role has nothing that a program could read"))
    form = TokenForm(request.POST if request.method == "POST" else None, scopes=scopes)
    made = ""
    if form.is_valid():
        said = form.cleaned_data
        try:
            authenticate_for_token(user, said["password"])
            made = issue_token(user, name=said["name"], days=said["days"], scope=TokenScope(said["scope"]), by=user)
        except WrongPassword as error:
            form.add_error("password", error.message)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            form = TokenForm(scopes=scopes)
    known = AccessToken.objects.in_force().filter(user=user)
    return render(request, "accounts/tokens.html", {"form": form, "made": made, "tokens": known})


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    user = cast(User, request.user)
    token = get_object_or_404(AccessToken, pk=token_id, user=user)
    revoke_token(token, by=user)
    messages.success(request, _("%(name)s may read nothing any more.") % {"name": token.name})
    return redirect("accounts:tokens")
