"""What a reader may set for their own worklist."""

from reporting.worklist.services.order import set_suspicion_first
from reporting.worklist.services.views import delete_view, make_default_view, rename_view, save_view

__all__ = ["delete_view", "make_default_view", "rename_view", "save_view", "set_suspicion_first"]
