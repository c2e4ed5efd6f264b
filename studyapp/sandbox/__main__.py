"""The sandbox from a shell: `python -m studyapp.sandbox run FILE`, `check`, `serve`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from studyapp.sandbox.capacity import MOST_WAITING, runs_here, stock_here
from studyapp.sandbox.checks import check_layers
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.jobs import Job, JobError, Limits
from studyapp.sandbox.launch import ServeOptions, serve
from studyapp.sandbox.limits import RANGES
from studyapp.sandbox.terminal import BAD_ARGUMENTS, UNAVAILABLE, run_to_terminal


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    return command(options)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m studyapp.sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True)

    run = commands.add_parser("run", help="run a program in a jail")
    run.add_argument("file", type=Path)
    run.add_argument("--jsonl", action="store_true", help="print every event as JSON instead of the output")
    run.add_argument("--untraced", action="store_true", help="run without the tracer, for honest times")
    run.add_argument("--python", default="", metavar="NAME", help="the interpreter to use, such as 3.11")
    run.add_argument(
        "--limit", action="append", default=[], metavar="NAME=VALUE", help=f"one of {', '.join(RANGES)}"
    )
    run.set_defaults(command=run_file)

    check = commands.add_parser("check", help="try every layer of the jail on this machine")
    check.add_argument("--json", action="store_true")
    check.set_defaults(command=check_machine)

    server = commands.add_parser("serve", help="run programs for whoever connects to a unix socket")
    server.add_argument("--socket", type=Path, required=True, metavar="PATH")
    server.add_argument("--runs", type=int, default=runs_here(), help="programs at once (%(default)s)")
    server.add_argument(
        "--waiting", type=int, default=MOST_WAITING, help="programs that may wait (%(default)s)"
    )
    server.add_argument(
        "--stock",
        type=int,
        default=stock_here(),
        help="jails made ahead for each Python in use (%(default)s)",
    )
    server.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    server.set_defaults(command=serve_socket)
    return parser.parse_args(arguments)


def run_file(options: argparse.Namespace) -> int:
    try:
        code = options.file.read_text(encoding="utf-8")
        limits = Limits.from_wire(dict(map(parse_limit, options.limit)))
        job = Job(code, options.file.name, options.python, traced=not options.untraced, limits=limits)
    except (OSError, UnicodeDecodeError, JobError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_ARGUMENTS
    return asyncio.run(run_to_terminal(job, jsonl=options.jsonl))


def parse_limit(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, int(value)
    except ValueError:
        pass
    try:
        return name, float(value)
    except ValueError:
        raise JobError(f"limits.{name}", f"must be a number, not {value!r}") from None


def check_machine(options: argparse.Namespace) -> int:
    layers = asyncio.run(check_layers())
    if options.json:
        sys.stdout.write(json.dumps([asdict(layer) for layer in layers], indent=2) + "\n")
    else:
        for layer in layers:
            word = {"holds": "ok  ", "weak": "weak", "missing": "FAIL"}[layer.word]
            sys.stdout.write(f"{word} {layer.name}: {layer.detail} {layer.remedy}".rstrip() + "\n")
    return 0 if all(layer.ok for layer in layers) else 1


def serve_socket(options: argparse.Namespace) -> int:
    try:
        bounds = (options.runs, options.waiting, options.stock)
        return serve(ServeOptions(options.socket, *bounds, options.until_stdin_closes))
    except RunnerUnavailable as problem:
        sys.stderr.write(f"{problem.message}\n")
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
