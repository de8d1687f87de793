from __future__ import annotations

from django.urls import path

from reporting.accounts import token_page, views
from reporting.accounts.language import set_language

app_name = "accounts"
urlpatterns = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", views.LogoutView.as_view(next_page="accounts:login"), name="logout"),
    path("language/", set_language, name="language"),
    path("tokens/", token_page.tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke", token_page.revoke, name="revoke_token"),
]
