"""Who may do what with runs. Pages and sockets ask here and nowhere else."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from studyapp.accounts.models import User
from studyapp.runs.models import Run

Visitor = User | AnonymousUser


def may_start(visitor: Visitor) -> bool:
    """Whether a run of theirs may start, whatever else is going on."""
    if not isinstance(visitor, User) or not visitor.is_active:
        return False
    return settings.GUESTS_MAY_RUN or not visitor.is_guest


def may_watch(visitor: Visitor, run: Run) -> bool:
    """Whether they may see, and stop, this run."""
    return _owns(visitor, run)


def may_send_input(visitor: Visitor, run: Run) -> bool:
    """Whether they may type what the program of this run reads."""
    return _owns(visitor, run)


def _owns(visitor: Visitor, run: Run) -> bool:
    return isinstance(visitor, User) and visitor.is_active and run.owner_id == visitor.pk
