"""load_document and check_document, as typed at a shell."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from studyapp.content.models import Card, Deck
from tests.content.loading import CUSTOMER_DOCUMENT

BAD = "4. T\n\nQuestion: Q?\n\nAnser: A.\n\nx = (\n\nQuestion: R?\n"


@pytest.fixture
def bad_document(tmp_path: Path) -> Path:
    path = tmp_path / "bad.txt"
    path.write_text(BAD)
    return path


def failure(capsys: pytest.CaptureFixture[str], command: str, path: Path) -> list[str]:
    """What the command prints as errors; it must end with exit code 1 and print nothing else."""
    with pytest.raises(SystemExit) as ended:
        call_command(command, str(path))
    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert out == ""
    return err.splitlines()


@pytest.mark.django_db
def test_loading_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_document", str(CUSTOMER_DOCUMENT))
    assert capsys.readouterr().out == "concurrency: 7 added, 0 updated, 0 unchanged, 0 retired\n"


@pytest.mark.django_db
def test_checking_stores_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_document", str(CUSTOMER_DOCUMENT))
    assert capsys.readouterr().out == f"{CUSTOMER_DOCUMENT}: 7 cards, 1 note, no problems\n"
    assert not Deck.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["load_document", "check_document"])
def test_each_problem_is_a_line_with_file_and_line(
    command: str, capsys: pytest.CaptureFixture[str], bad_document: Path
) -> None:
    told = failure(capsys, command, bad_document)
    assert [line.split(": ")[0] for line in told] == [f"{bad_document}:{line}" for line in (5, 7, 9)]
    assert not Card.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["load_document", "check_document"])
def test_problems_of_the_notes_are_told_beside_those_of_the_document(
    command: str, capsys: pytest.CaptureFixture[str], bad_document: Path
) -> None:
    notes = bad_document.with_name("bad.notes.toml")
    notes.write_text("[[note]]\n")
    told = failure(capsys, command, bad_document)
    assert len([line for line in told if line.startswith(f"{notes}:1: ")]) == 3
    assert len([line for line in told if line.startswith(f"{bad_document}:")]) == 3


@pytest.mark.parametrize("command", ["load_document", "check_document"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.txt", "cannot be read: there is no such file; check the path"),
        ("", "cannot be read: it is not a file; check the path"),
        ("x" * 300, "cannot be read: File name too long; check the path"),
        ("???.txt", "the file name gives the deck no address"),
    ],
)
def test_a_path_that_cannot_be_read_is_one_line(
    command: str, name: str, reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (told,) = failure(capsys, command, tmp_path / name)
    assert told.startswith(f"{tmp_path / name}:1: {reason}")


@pytest.mark.parametrize("command", ["load_document", "check_document"])
def test_a_path_is_needed(command: str) -> None:
    with pytest.raises(CommandError, match="arguments are required: path"):
        call_command(command)


def test_loading_into_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "load_document", str(CUSTOMER_DOCUMENT)],
        cwd=settings.BASE_DIR,
        env={"STUDYAPP_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (told,) = ended.stderr.splitlines()
    assert told.startswith("CommandError: The database said: no such table")
    assert told.endswith("run first: python manage.py migrate")
