from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import pluralize

from studyapp.content.documents import read_document
from studyapp.content.format import DocumentErrors
from studyapp.content.management.reporting import report_and_exit


class Command(BaseCommand):
    help = (
        "Reads a question-and-answer document, and the notes in <stem>.notes.toml beside it, and stores "
        "nothing. Each problem is printed as file:line: what is wrong, and the exit code is then 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the document")

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            file = read_document(path)
        except DocumentErrors as errors:
            report_and_exit(errors, self.stderr)
        cards = count_of(len(file.document.cards), "card")
        notes = count_of(len(file.notes), "note")
        self.stdout.write(f"{path}: {cards}, {notes}, no problems")


def count_of(number: int, thing: str) -> str:
    return f"{number} {thing}{pluralize(number)}"
