"""Pages under /connections/."""

from __future__ import annotations

from django.urls import path

from reporting.connections.views import inbox, places, queue, throughput

app_name = "connections"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("throughput/", throughput.throughput_page, name="throughput"),
    path("throughput/<slug:key>.<slug:extension>", throughput.throughput_file, name="throughput_file"),
    path("deliveries/<uuid:delivery_id>/retry", queue.retry, name="retry"),
    path("destinations/<uuid:destination_id>/retry", queue.retry_all, name="retry_all"),
    path("messages/", inbox.inbox, name="inbox"),
    path("messages/<uuid:message_id>/retry", inbox.retry, name="message_retry"),
    path("messages/<uuid:message_id>/dismiss", inbox.dismiss, name="message_dismiss"),
    path("<slug:sort>/", places.things, name="things"),
    path("<slug:sort>/add/", places.add, name="add"),
    path("<slug:sort>/<uuid:thing_id>/", places.change, name="change"),
    path("<slug:sort>/<uuid:thing_id>/ask", places.ask, name="ask"),
]
