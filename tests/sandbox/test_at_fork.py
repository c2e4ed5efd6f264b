"""What modules want done around a fork is done once they are given their turn, and not before."""

import subprocess
import sys

from studyapp.sandbox.project import PROJECT

PROGRAM = """
import os
from studyapp.sandbox.inside import at_fork

said = []
at_fork.hold_back()
for name in ("first", "second"):
    os.register_at_fork(
        before=lambda name=name: said.append(f"before {name}"),
        after_in_child=lambda name=name: said.append(f"child {name}"),
        after_in_parent=lambda name=name: said.append(f"parent {name}"),
    )
os.register_at_fork(after_in_child=lambda: said.append("child only"))

def fork_and_tell():
    said.clear()
    if os.fork() == 0:
        print(*said, sep=", ", flush=True)
        os._exit(0)
    os.wait()
    print(*said, sep=", ", flush=True)

fork_and_tell()
at_fork.hand_over()
fork_and_tell()
os.register_at_fork(after_in_child=lambda: said.append("child later"))
fork_and_tell()
"""


def test_it_is_held_back_then_done_in_the_order_of_python() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    before = "before second, before first"
    in_parent = f"{before}, parent first, parent second"
    in_child = f"{before}, child first, child second, child only"
    assert done.stdout.splitlines() == ["", "", in_child, in_parent, f"{in_child}, child later", in_parent]
