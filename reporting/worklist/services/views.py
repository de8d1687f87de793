"""Views: filters that a reader keeps under a name. They concern nobody else and hold no patient data."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.core.errors import InvalidInput, WrongState
from reporting.worklist.filters import WorklistFilter
from reporting.worklist.models import WorklistView

MOST_VIEWS = 12


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 48 or not name.isprintable():
        raise InvalidInput(_("A view needs a name of at most 48 characters"))
    return name


@transaction.atomic
def save_view(*, by: User, name: str, chosen: WorklistFilter, is_default: bool = False) -> WorklistView:
    """Keep ``chosen`` under ``name``; a view of that name is changed. Words searched for are not kept.

    Raises :class:`InvalidInput` for an empty name, :class:`WrongState` when there are too many views already.
    """
    require(by, Act.STUDY_VIEW)
    name = _checked_name(name)
    own = WorklistView.objects.filter(owner=User.objects.select_for_update().get(pk=by.pk))
    view = own.filter(name=name).first()
    if view is None and own.count() >= MOST_VIEWS:
        raise WrongState(_("You have %(most)d views already; delete one first") % {"most": MOST_VIEWS})
    view = view or WorklistView(owner=by, name=name)
    view.query = chosen.without_search().to_query()
    if is_default:
        own.filter(is_default=True).exclude(pk=view.pk).update(is_default=False)
    view.is_default = is_default or view.is_default  # changed filters still open first if the view did
    view.save()
    return view


@transaction.atomic
def rename_view(view: WorklistView, *, by: User, name: str) -> None:
    """Raises :class:`InvalidInput` for no name or a view of somebody else, :class:`WrongState` for a name in use."""
    require(by, Act.STUDY_VIEW)
    name = _checked_name(name)
    own = WorklistView.objects.filter(owner=User.objects.select_for_update().get(pk=by.pk))
    if own.filter(name=name).exclude(pk=view.pk).exists():
        raise WrongState(_("You have a view of this name already"))
    if not own.filter(pk=view.pk).update(name=name):
        raise InvalidInput(_("This view does not exist"))


@transaction.atomic
def make_default_view(view: WorklistView | None, *, by: User) -> None:
    """Open the worklist with ``view``, or with what everybody begins with."""
    require(by, Act.STUDY_VIEW)
    WorklistView.objects.filter(owner=by, is_default=True).update(is_default=False)
    if view is not None and not WorklistView.objects.filter(owner=by, pk=view.pk).update(is_default=True):
        raise InvalidInput(_("This view does not exist"))


def delete_view(view: WorklistView, *, by: User) -> None:
    """Raises :class:`InvalidInput` for a view of somebody else."""
    require(by, Act.STUDY_VIEW)
    deleted, _rows = WorklistView.objects.filter(owner=by, pk=view.pk).delete()
    if not deleted:
        raise InvalidInput(_("This view does not exist"))
