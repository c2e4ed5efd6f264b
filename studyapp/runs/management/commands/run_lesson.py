import asyncio
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studyapp.runs.plans import plan_run
from studyapp.runs.problems import RequestRefused
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.terminal import BAD_ARGUMENTS, FAILED, run_to_terminal


class Command(BaseCommand):
    help = (
        "Runs a lesson in the sandbox and prints its output. Exit code: 0 finished, 1 the program failed or "
        "was stopped, 2 bad arguments, 3 a limit ended it, 4 the sandbox is not available."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the lesson")
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
        parser.add_argument("--variant", metavar="NAME", help="a named set of parameters")
        parser.add_argument("--python", default="", metavar="NAME", help="the interpreter, such as 3.13")
        parser.add_argument(
            "--code", type=Path, metavar="FILE", help="a program to run in the lesson's place"
        )
        parser.add_argument(
            "--jsonl", action="store_true", help="print every event as one JSON object a line"
        )
        parser.add_argument(
            "--untraced", action="store_true", help="run without the tracer, for honest times"
        )

    def handle(self, **options: Any) -> None:
        job = _plan_job(options)
        try:
            sys.exit(asyncio.run(run_to_terminal(job, jsonl=options["jsonl"])))
        except KeyboardInterrupt:
            sys.exit(FAILED)


def _plan_job(options: dict[str, Any]) -> Job:
    try:
        plan = plan_run(
            lesson=options["slug"],
            parameters=dict(_split_setting(setting) for setting in options["set"]),
            variant=options["variant"],
            code=_read_code(options["code"]),
            interpreter=options["python"],
            traced=not options["untraced"],
        )
    except RequestRefused as refused:
        raise CommandError(str(refused), returncode=BAD_ARGUMENTS) from None
    return plan.job


def _split_setting(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise CommandError(f"--set {setting}: must be NAME=VALUE", returncode=BAD_ARGUMENTS)
    return name.strip(), value.strip()


def _read_code(path: Path | None) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--code {path}: cannot be read: {error}", returncode=BAD_ARGUMENTS) from None
