"""Every sentence in which a document or its notes can be refused; docs/documents.md lists them all.

Each says what is wrong and what to do; the file and the line stand before it.
"""

UNREADABLE = "cannot be read: {reason}; check the path"
TOO_LARGE = "the file is larger than {limit} bytes; split it into several documents"
NOT_UTF8 = "byte {byte} at offset {offset} is not UTF-8; save the file as UTF-8"
NUL = "this line holds a NUL character; remove it or save the file as UTF-8 text"
EMPTY = "the file is empty; begin with a numbered heading such as '4. Concurrency' and add questions"
BAD_STEM = "the file name gives the deck no address; use letters or digits, as in concurrency.txt"

MISSING_HEADING = "missing heading; begin the document with a numbered title such as '4. Concurrency'"
SECOND_HEADING = (
    "second heading; "
    "put this section into a file of its own, or, if it is a sentence, end it with a full stop"
)
LONG_TITLE = "the title is longer than {limit} characters; shorten it"
NO_QUESTION = "no question in this document; add a paragraph that begins with 'Question:'"
CODE_BEFORE_QUESTION = "code before the first question; put it at the end of a card"

UNKNOWN_LABEL = (
    "unknown label '{word}:'; use Question:, Answer: or Explanation:, or, if this is prose, reword its start"
)
MISSPELT_LABEL = "unknown label '{written}'; write '{label}:' and a space at the start of the line"
NO_ANSWER = "question without an answer; add a paragraph that begins with 'Answer:' below it"
NO_QUESTION_ABOVE = "{label} without a question; put a paragraph that begins with 'Question:' above it"
DUPLICATE_LABEL = (
    "second {label} in the card that begins on line {first}; join the two or add the missing 'Question:'"
)
WRONG_ORDER = "{label} after the explanation; write Question:, Answer: and Explanation: in this order"
EMPTY_LABEL = "no text after '{label}:'; write it on the same line"
DUPLICATE_QUESTION = "duplicate question, asked before on line {first}; remove one of the two or reword it"
LONG_QUESTION = "the question is longer than {limit} characters; shorten it and move details to the answer"
TEXT_BELOW_QUESTION = "text between a question and its answer; join it to the question's paragraph"

CODE_NOT_LAST = "code before the explanation; move it to the end of the card"
TEXT_AFTER_CODE = "text after the code; move it above the code, which ends a card"
SECOND_CODE = "second code block in one card; join it to the first"
EMPTY_CODE = "no code between the fences; remove them or write the code"
LONG_CODE = "the code is longer than {limit} bytes; shorten it"
BAD_CODE = (
    "code that does not parse ({reason}); "
    "correct it, or, if this is prose, put it above the code and reword its start"
)
UNCLEAR = "cannot tell whether this is prose or code; put ``` lines round code, or end prose with a full stop"
CODE_INSIDE_PROSE = "code inside a paragraph of prose; put an empty line before the code"

UNCLOSED_FENCE = "unclosed fence; end the code with a line of its own that holds only ```"
BAD_FENCE = "cannot use this fence; open code with ``` or ```python at the start of a line of its own"

NOTES_NOT_TOML = "not valid TOML ({reason}); correct it"
NOTES_UNKNOWN_KEY = (
    "unknown field '{key}'; each [[note]] has question, date and text, and nothing else is known"
)
NOTES_NOT_TABLES = "'note' must be written as [[note]] tables; see docs/documents.md"
NOTES_MISSING = "note without '{key}'; add it"
NOTES_BAD_TEXT = "'{key}' must be a text of 1 to {limit} characters; correct it"
NOTES_BAD_DATE = "'date' must be a date such as 2026-11-22 without quotes; correct it"
NOTES_DUPLICATE = "second note for the same question; join the two"
NOTES_UNKNOWN_QUESTION = (
    "note for a question that the document does not ask; copy the question as it stands there"
)
