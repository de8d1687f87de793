from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "reporting.orders"
