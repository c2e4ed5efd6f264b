from uuid import UUID

import msgspec
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studyapp.accounts.services import ensure_signed_in
from studyapp.content.lessons.catalogue import Lesson, LessonNotFound, get_lesson
from studyapp.content.models import Card
from studyapp.runs import health
from studyapp.runs.interpreters import find_offer
from studyapp.runs.models import EventChunk, Run
from studyapp.runs.permissions import may_start, may_watch
from studyapp.runs.records import settle_lost_runs
from studyapp.runs.summary import summarize_tasks
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layers.layer import group_by_kind

EVENTS_IN_TABLE = 500
TASKS_IN_TABLE = 500
RUNS_LISTED = 100
RECENT_RUNS = 5


@require_safe
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        found = get_lesson(slug)
    except LessonNotFound as error:
        raise Http404(str(error)) from None
    if settings.GUESTS_MAY_RUN:
        ensure_signed_in(request=request)
    offer = async_to_sync(find_offer)()
    context = {
        "lesson": found,
        "card": Card.objects.active().select_related("deck").filter(question=found.question).first(),
        "program": found.source,
        "interpreters": offer.interpreters,
        "limits": Limits(),
        "may_run": may_start(request.user),
        "sandbox_problem": offer.problem,
        "fields": found.parameters,
    }
    return render(request, "runs/lesson.html", context)


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    settle_lost_runs(now=timezone.now())
    return render(request, "runs/runs.html", {"runs": _own_runs(request)[:RUNS_LISTED]})


@require_safe
def recent_runs(request: HttpRequest) -> HttpResponse:
    return render(request, "runs/_recent.html", {"runs": _own_runs(request)[:RECENT_RUNS]})


@require_safe
@login_required
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    settle_lost_runs(now=timezone.now())
    found = _get_run(request, run_id)
    lines = list(EventChunk.objects.lines_of(found.pk))
    tasks = summarize_tasks(lines)
    context = {
        "run": found,
        "lesson": _find_lesson(found.lesson),
        "events": [msgspec.json.decode(line) for line in lines[:EVENTS_IN_TABLE]],
        "event_count": len(lines),
        "tasks": tasks[:TASKS_IN_TABLE],
        "task_count": len(tasks),
    }
    return render(request, "runs/run.html", context)


@require_safe
@login_required
def run_events(request: HttpRequest, run_id: UUID) -> HttpResponse:
    found = _get_run(request, run_id)
    lines = b"".join(line + b"\n" for line in EventChunk.objects.lines_of(found.pk))
    name = f"{found.lesson}-{found.pk}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(lines, content_type="application/x-ndjson", headers=headers)


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    trial = health.try_layers()
    context = {
        "trial": trial,
        "groups": group_by_kind(trial.layers),
        "runner": async_to_sync(health.describe_runner)(),
        "limits": Limits(),
    }
    return render(request, "runs/status.html", context)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """For machines: answers at once, 503 when the database does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        answers = True
    except DatabaseError:
        answers = False
    facts = {"ok": answers, "database": answers, "sandbox": health.describe(health.recall_trial())}
    return JsonResponse(facts, status=200 if answers else 503)


def _own_runs(request: HttpRequest) -> QuerySet[Run]:
    return Run.objects.filter(owner=request.user.pk).defer("code")


def _get_run(request: HttpRequest, run_id: UUID) -> Run:
    found = get_object_or_404(Run, pk=run_id)
    if not may_watch(request.user, found):
        raise Http404("You have no such run.")
    return found


def _find_lesson(slug: str) -> Lesson | None:
    try:
        return get_lesson(slug)
    except LessonNotFound:
        return None
