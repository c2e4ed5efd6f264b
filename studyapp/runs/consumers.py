"""The socket of `/ws/runs/`: reads messages, asks permissions and services, reports errors."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from msgspec import UNSET

from studyapp.accounts.models import User
from studyapp.runs import messages, services
from studyapp.runs.live import group_name
from studyapp.runs.messages import ErrorCode, FromServer, MessageError
from studyapp.runs.models import Run
from studyapp.runs.permissions import Visitor, may_send_input, may_start, may_watch
from studyapp.runs.problems import Problem, RequestRefused
from studyapp.runs.sockets import opened_by, visitor_of
from studyapp.runs.watching import tell
from studyapp.sandbox.jobs import Limits

MOST_WATCHES = 4
TOO_MANY_SOCKETS = 4429
SERVER_FAULT = 4500  # Daphne sends no other codes of its own than 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Watching:
    wake: asyncio.Event
    task: asyncio.Task[None]


class RunConsumer(AsyncWebsocketConsumer):
    async def __call__(self, scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        with opened_by(visitor_of(scope)) as self._may_stay:
            await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        self._watching: dict[UUID, _Watching] = {}
        await self.accept()
        if not self._may_stay:
            await self._report(_ONE_SOCKET_TOO_MANY, ref="")
            await self.close(TOO_MANY_SOCKETS)

    async def disconnect(self, code: int) -> None:
        for run_id in list(self._watching):
            await self._release(run_id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._may_stay:
            return
        ref = ""
        try:
            if text_data is None:
                raise MessageError(ErrorCode.BAD_JSON, "send text frames, not binary ones")
            message = messages.parse(text_data)
            ref = message.ref or ""
            await self._handle(message, await self._find_visitor())
        except MessageError as error:
            await self._report(Problem(error.code, error.message, error.field), error.ref)
        except RequestRefused as refused:
            for problem in refused.problems:
                await self._report(problem, ref)
        except Exception:
            logger.exception("a message could not be handled")
            await self.close(SERVER_FAULT)

    async def run_changed(self, event: dict[str, str]) -> None:
        """The channel layer says that there is more to read of a run."""
        watching = self._watching.get(UUID(event["run"]))
        if watching:
            watching.wake.set()

    async def _handle(self, message: messages.ClientMessage, visitor: Visitor) -> None:
        match message:
            case messages.Start():
                await self._start(message, visitor)
            case messages.Stop():
                run = await _find_run(visitor, message.run, may_watch)
                await services.stop_run(run_id=run.pk)
            case messages.Input():
                run = await _find_run(visitor, message.run, may_send_input)
                await services.send_input(run=run, text=message.text)
            case messages.InputEnd():
                run = await _find_run(visitor, message.run, may_send_input)
                await services.end_input(run=run)
            case messages.Watch():
                await self._watch(message, visitor)

    async def _start(self, message: messages.Start, visitor: Visitor) -> None:
        if not isinstance(visitor, User) or not may_start(visitor):
            raise RequestRefused(Problem(ErrorCode.SIGN_IN_NEEDED, "Sign in to run programs."))
        self._refuse_one_watch_too_many()
        run = await services.start_run(
            owner=visitor,
            lesson=message.lesson,
            parameters=message.parameters,
            variant=message.variant,
            code=message.code,
            interpreter=message.interpreter,
            now=timezone.now(),
        )
        accepted = messages.Accepted(
            ref=message.ref or UNSET,
            run=run.pk,
            lesson=run.lesson,
            code=run.code,
            interpreter=run.interpreter,
            wall_s=Limits().wall_s,
        )
        await self._tell(accepted)
        await self._begin_watch(run.pk, after=0)

    async def _watch(self, message: messages.Watch, visitor: Visitor) -> None:
        run = await _find_run(visitor, message.run, may_watch)
        await self._release(run.pk)
        self._refuse_one_watch_too_many()
        ref = message.ref or UNSET
        await self._tell(messages.Watching(ref=ref, run=run.pk, state=run.state, after=message.after))
        await self._begin_watch(run.pk, after=message.after)

    async def _begin_watch(self, run_id: UUID, after: int) -> None:
        wake = asyncio.Event()
        await self.channel_layer.group_add(group_name(run_id), self.channel_name)
        task = asyncio.create_task(self._tell_run(run_id, after, wake))
        self._watching[run_id] = _Watching(wake, task)

    async def _tell_run(self, run_id: UUID, after: int, wake: asyncio.Event) -> None:
        try:
            async with aclosing(tell(run_id, after=after, wake=wake)) as told:
                async for message in told:
                    await self._tell(message)
        except Run.DoesNotExist:
            await self._tell(messages.Error(code=ErrorCode.NOT_FOUND, message=_NO_SUCH_RUN, run=run_id))
        except Exception:
            logger.exception("run %s cannot be told to its watcher", run_id)
            await self.close(SERVER_FAULT)
        finally:
            await self.channel_layer.group_discard(group_name(run_id), self.channel_name)
            self._watching.pop(run_id, None)

    async def _release(self, run_id: UUID) -> None:
        watching = self._watching.get(run_id)
        if watching:
            watching.task.cancel()
            await asyncio.wait({watching.task})
            self._watching.pop(run_id, None)

    def _refuse_one_watch_too_many(self) -> None:
        if len(self._watching) >= MOST_WATCHES:
            message = f"One socket can watch at most {MOST_WATCHES} runs at a time."
            raise RequestRefused(Problem(ErrorCode.BUSY, message))

    async def _find_visitor(self) -> Visitor:
        """The visitor as they are now: an account may have been closed since the socket was opened."""
        user = self.scope["user"]
        return (user and await User.objects.filter(pk=user.pk).afirst()) or AnonymousUser()

    async def _report(self, problem: Problem, ref: str) -> None:
        error = messages.Error(
            code=problem.code,
            message=problem.message,
            ref=ref or UNSET,
            field=problem.field or UNSET,
            run=problem.run or UNSET,
        )
        await self._tell(error)

    async def _tell(self, message: FromServer) -> None:
        await self.send(text_data=messages.dump(message))


_ONE_SOCKET_TOO_MANY = Problem(
    ErrorCode.TOO_MANY,
    "You have too many pages with programs open. Close some of them, then load this one again.",
)
_NO_SUCH_RUN = "You have no such run."


async def _find_run(visitor: Visitor, run_id: UUID, is_allowed: Callable[[Visitor, Run], bool]) -> Run:
    if not isinstance(visitor, User):
        raise RequestRefused(Problem(ErrorCode.SIGN_IN_NEEDED, "Sign in to see your runs."))
    run = await Run.objects.filter(pk=run_id).afirst()
    if run is None or not is_allowed(visitor, run):
        raise RequestRefused(Problem(ErrorCode.NOT_FOUND, _NO_SUCH_RUN, "run"))
    return run
