from pathlib import Path

import pytest

from studyapp.sandbox.remedies import explain


@pytest.mark.parametrize(
    ("switch", "value", "remedy"),
    [
        ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
        ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
    ],
)
def test_a_switch_that_is_off_is_named_with_its_command(
    tmp_path: Path, switch: str, value: str, remedy: str
) -> None:
    path = tmp_path / switch
    path.parent.mkdir()
    path.write_text(f"{value}\n")

    message = explain("bwrap: No permissions\n", sysctl=tmp_path)

    assert message.startswith("No jail can be made here (bwrap: No permissions). ")
    assert remedy in message


def test_without_a_switch_the_container_is_suspected(tmp_path: Path) -> None:
    assert "seccomp" in explain("", sysctl=tmp_path)
