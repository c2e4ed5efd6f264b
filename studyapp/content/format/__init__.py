"""The text format of question-and-answer documents, without Django. docs/documents.md describes it."""

from studyapp.content.format.document import Card, Document, Note, normalise_question
from studyapp.content.format.errors import DocumentError, DocumentErrors
from studyapp.content.format.notes import parse_notes
from studyapp.content.format.parser import parse_document

__all__ = [
    "Card",
    "Document",
    "DocumentError",
    "DocumentErrors",
    "Note",
    "normalise_question",
    "parse_document",
    "parse_notes",
]
