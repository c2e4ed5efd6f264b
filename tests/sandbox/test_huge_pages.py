"""The template's memory lies in huge pages, where the kernel has any."""

import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.inside import huge_pages

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
HELD = """
import re
from studyapp.sandbox.inside.huge_pages import collapse, make_room
make_room()
held = [bytes(400) for _ in range(20_000)]
{collapse}
print(re.search(r"AnonHugePages: *(\\d+)", open("/proc/self/smaps_rollup").read())[1])
"""
pytestmark = pytest.mark.skipif(
    not SETTING.exists() or "[never]" in SETTING.read_text(), reason="this kernel makes no huge pages"
)


def bytes_in_huge_pages(collapse: str) -> int:
    code = HELD.format(collapse=collapse)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024


def test_memory_in_use_is_put_into_huge_pages() -> None:
    assert bytes_in_huge_pages("collapse()") >= bytes_in_huge_pages("") + huge_pages.HUGE_PAGE_BYTES
