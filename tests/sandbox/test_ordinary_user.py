"""The sandbox as an ordinary user starts it. Run by root, the suite becomes one for this."""

import json
import os
import subprocess
import sys
from pathlib import Path

from studyapp.sandbox import policy
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.room import keep_powers

SPARE_ID = 64_321


def become_ordinary(bubblewrap: str) -> list[str]:
    """A command that starts the next one as an ordinary user who can read the project and its Python."""
    if os.geteuid() != 0:
        return []
    return [
        *(bubblewrap, *policy.system_mounts(Path(sys.base_prefix)), "--perms", "1777", "--tmpfs", "/tmp"),  # noqa: S108
        *policy.read_only({PROJECT: PROJECT}),
        *("--bind", "/proc", "/proc", *policy.device_mounts(), "--chdir", str(PROJECT), *keep_powers(), "--"),
        *(
            "/usr/bin/setpriv",
            f"--reuid={SPARE_ID}",
            f"--regid={SPARE_ID}",
            "--clear-groups",
            "--inh-caps=-all",
        ),
    ]


def test_every_layer_holds_for_an_ordinary_user(bubblewrap: str) -> None:
    done = subprocess.run(
        [*become_ordinary(bubblewrap), sys.executable, "-m", "studyapp.sandbox", "check", "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    layers = {layer["name"]: layer for layer in json.loads(done.stdout)}
    assert [layer for layer in layers.values() if not layer["ok"]] == []
    if os.geteuid() == 0:
        assert layers["not root outside"]["weak"]
        assert f"user {SPARE_ID}," in layers["not root outside"]["detail"]
