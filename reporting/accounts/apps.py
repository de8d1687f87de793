from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "reporting.accounts"
    label = "accounts"
