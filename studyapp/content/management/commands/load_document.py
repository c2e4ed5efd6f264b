from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from studyapp.content.format import DocumentErrors
from studyapp.content.management.reporting import report_and_exit
from studyapp.content.services import load_document


class Command(BaseCommand):
    help = (
        "Turns a question-and-answer document, and the notes in <stem>.notes.toml beside it, into a deck of "
        "cards. Loading again updates the cards and never duplicates them. When the document has problems, "
        "nothing is stored, each problem is printed as file:line: what is wrong, and the exit code is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, help="the document; its file name without ending names the deck"
        )

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            summary = load_document(path=path, now=timezone.now())
        except DocumentErrors as errors:
            report_and_exit(errors, self.stderr)
        except OperationalError as error:
            hint = "nothing was stored. If the database is new, run first: python manage.py migrate"
            raise CommandError(f"The database said: {error}; {hint}") from None
        self.stdout.write(
            f"{summary.deck.slug}: {summary.added} added, {summary.updated} updated, "
            f"{summary.unchanged} unchanged, {summary.retired} retired"
        )
