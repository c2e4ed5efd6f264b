import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from studyapp.sandbox.checks import check_layers
from studyapp.sandbox.interpreters import Interpreter, find_interpreters
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.layers.layer import LayerCheck, group_by_kind

WORDS = {"holds": "ok  ", "weak": "weak", "missing": "FAIL"}


class Command(BaseCommand):
    help = "Tries every layer of the sandbox on this host. Exit code: 0 safe to run code, 1 not."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options: Any) -> None:
        layers = asyncio.run(check_layers())
        interpreters = find_interpreters()
        safe = all(layer.ok for layer in layers)
        if options["json"]:
            facts = {
                "safe": safe,
                "layers": [asdict(layer) for layer in layers],
                "limits": Limits().to_wire(),
                "interpreters": [interpreter.to_wire() for interpreter in interpreters],
            }
            self.stdout.write(json.dumps(facts, indent=2, default=str))
        else:
            self._print(layers, interpreters)
            self.stdout.write("Safe to run code." if safe else "Not safe to run code.")
        sys.exit(0 if safe else 1)

    def _print(self, layers: Sequence[LayerCheck], interpreters: Sequence[Interpreter]) -> None:
        for group in group_by_kind(layers):
            self.stdout.write(group.title)
            for layer in group.layers:
                self.stdout.write(f"  {WORDS[layer.word]}  {layer.name}: {layer.detail}")
                if layer.remedy:
                    self.stdout.write(f"        {layer.remedy}")
        for name, value in Limits().to_wire().items():
            self.stdout.write(f"limit {name}: {value:,}")
        for interpreter in interpreters:
            self.stdout.write(f"python {interpreter.name}: {_describe(interpreter)}")


def _describe(interpreter: Interpreter) -> str:
    if interpreter.problem:
        return f"cannot be used: {interpreter.problem}"
    lock = "with the GIL" if interpreter.gil else "free-threaded"
    return f"{interpreter.version}, {lock}, {interpreter.path}"
