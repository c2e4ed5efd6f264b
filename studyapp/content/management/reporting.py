"""How the commands tell what is wrong in a document."""

import sys
from typing import NoReturn

from django.core.management.base import OutputWrapper

from studyapp.content.format import DocumentErrors


def report_and_exit(errors: DocumentErrors, stderr: OutputWrapper) -> NoReturn:
    """Prints one problem a line and ends with exit code 1."""
    for error in errors.errors:
        stderr.write(str(error))
    sys.exit(1)
