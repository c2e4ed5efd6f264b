"""How many runs one person may start, counted from the rows that they left behind."""

from datetime import datetime, timedelta
from math import ceil

from django.conf import settings

from studyapp.accounts.models import User
from studyapp.runs.messages import ErrorCode
from studyapp.runs.models import Run
from studyapp.runs.problems import Problem, RequestRefused

WINDOW = timedelta(minutes=1)


def refuse_too_many_runs(*, owner: User, now: datetime) -> None:
    """Raises RequestRefused, which says how long to wait, if they may not start another run just now.

    Every web process counts the same rows, so together they allow no more than one would.
    """
    most = settings.RUNS_PER_MINUTE
    started = Run.objects.filter(owner=owner, created_at__gt=now - WINDOW).order_by("-created_at")
    first_that_counts = started.values_list("created_at", flat=True)[most - 1 : most].first()
    if first_that_counts:
        wait_s = ceil((first_that_counts + WINDOW - now).total_seconds())
        message = f"You may start {most} programs a minute; try again in {wait_s} s."
        raise RequestRefused(Problem(ErrorCode.TOO_MANY, message))
