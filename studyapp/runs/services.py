"""Starting and stopping runs, from whatever process."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import IntegrityError, transaction

from studyapp.accounts.models import User
from studyapp.runs.interpreters import ask_for_interpreters
from studyapp.runs.live import LiveRun
from studyapp.runs.messages import ErrorCode
from studyapp.runs.models import Run, State
from studyapp.runs.plans import Plan, plan_run
from studyapp.runs.problems import Problem, RequestRefused
from studyapp.runs.rate import refuse_too_many_runs
from studyapp.runs.records import settle_lost_runs
from studyapp.runs.registry import ask_runner, get_registry
from studyapp.sandbox.choosing import choose
from studyapp.sandbox.errors import Refused, RunnerUnavailable

_SAME_CODES = (
    ErrorCode.BUSY,
    ErrorCode.ONE_RUN_AT_A_TIME,
    ErrorCode.SANDBOX_UNAVAILABLE,
    ErrorCode.UNKNOWN_INTERPRETER,
)


async def start_run(
    *,
    owner: User,
    lesson: str,
    parameters: Mapping[str, object],
    variant: str | None,
    code: str | None,
    interpreter: str | None,
    now: datetime,
) -> Run:
    """A run that the runner has accepted and that this process follows. Raises RequestRefused.

    Everything is checked before anything starts. A refused run leaves no row behind.
    """
    plan = plan_run(
        lesson=lesson,
        parameters=parameters,
        variant=variant,
        code=code,
        interpreter=await _choose_interpreter(interpreter or ""),
    )
    run = await database_sync_to_async(_create_run)(owner=owner, plan=plan, now=now)
    job = replace(plan.job, interactive=True, owner=str(owner.pk))
    try:
        handle = await get_registry().hand_in(job)
    except (Refused, RunnerUnavailable) as error:
        await run.adelete()
        raise RequestRefused(_why_not(error)) from None
    get_registry().follow(run.pk, handle)
    return run


async def stop_run(*, run_id: UUID) -> None:
    """Asks for the end of a run; whoever follows it carries it out. Nothing happens if it has ended."""
    live = get_registry().find(run_id)
    if live:
        await live.stop()
    else:
        await Run.objects.live().filter(pk=run_id).aupdate(stop_asked=True)


async def send_input(*, run: Run, text: str) -> None:
    """Gives the program of a run text to read. Raises RequestRefused."""
    try:
        await _find_live(run).send_input(text)
    except Refused as error:
        raise RequestRefused(Problem(ErrorCode(error.code), error.message, "text", run.pk)) from None


async def end_input(*, run: Run) -> None:
    """Lets the program of a run find the end of its input. Raises RequestRefused."""
    await _find_live(run).end_input()


async def _choose_interpreter(name: str) -> str:
    try:
        return choose(name, await ask_runner(ask_for_interpreters)).name
    except (Refused, RunnerUnavailable) as error:
        raise RequestRefused(_why_not(error)) from None


def _find_live(run: Run) -> LiveRun:
    """The run as this process follows it: only then is there a way to its program."""
    live = get_registry().find(run.pk)
    if live:
        return live
    if run.state == State.ENDED:
        message = "The run has ended, and its input with it."
        raise RequestRefused(Problem(ErrorCode.INPUT_ENDED, message, run=run.pk))
    message = "Another process of the site follows this run, and only there can input be sent to it."
    raise RequestRefused(Problem(ErrorCode.BUSY, message, run=run.pk))


def _create_run(*, owner: User, plan: Plan, now: datetime) -> Run:
    settle_lost_runs(now=now)
    refuse_too_many_runs(owner=owner, now=now)
    try:
        with transaction.atomic():
            return Run.objects.create(
                owner=owner,
                lesson=plan.lesson.slug,
                variant=plan.variant or "",
                parameters=dict(plan.parameters),
                code=plan.job.code,
                interpreter=plan.job.interpreter,
                created_at=now,
                beat_at=now,
            )
    except IntegrityError:
        message = "You have a run that is still going on; stop it or wait for its end."
        other = Run.objects.live().filter(owner=owner).values_list("pk", flat=True).first()
        raise RequestRefused(Problem(ErrorCode.ONE_RUN_AT_A_TIME, message, run=other)) from None


def _why_not(error: Refused | RunnerUnavailable) -> Problem:
    if isinstance(error, RunnerUnavailable):
        return Problem(ErrorCode.SANDBOX_UNAVAILABLE, error.message)
    if error.code in _SAME_CODES:
        return Problem(ErrorCode(error.code), error.message, error.field or "")
    return Problem(ErrorCode.BAD_FIELD, error.message, error.field or "")
