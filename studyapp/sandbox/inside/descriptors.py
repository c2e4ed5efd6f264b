"""Which descriptor is which in every jail, beside the three standard streams."""

import json
import os
from typing import NoReturn

EVENTS = 3
CONTROL = 4
NAMED = 5
HIGHEST = os.sysconf("SC_OPEN_MAX")
"""No descriptor has this number or a higher one."""

BROKEN = 1


def give_up(error: Exception) -> NoReturn:
    """Tells the runner why this jail is of no use, and ends the process."""
    os.write(CONTROL, json.dumps({"broken": str(error)}).encode() + b"\n")
    os._exit(BROKEN)
