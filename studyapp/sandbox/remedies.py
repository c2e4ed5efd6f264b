"""Why a host makes no jails, told as a sentence with the command that helps."""

from pathlib import Path

BUBBLEWRAP_MISSING = "bubblewrap is not installed: run `apt install bubblewrap`."

SWITCHES = (
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "The kernel lets only root make user namespaces: run `sysctl kernel.unprivileged_userns_clone=1`.",
    ),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "AppArmor keeps user namespaces from ordinary programs: give bwrap an AppArmor profile with "
            "`userns,` or run `sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
        ),
    ),
    (
        "user/max_user_namespaces",
        "0",
        "The kernel allows no user namespaces: run `sysctl user.max_user_namespaces=10000`.",
    ),
)
CONTAINER = (
    "If this is a container, its seccomp profile has to allow user namespaces and mounts, "
    "for example with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`."
)


def explain(complaint: str, sysctl: Path = Path("/proc/sys")) -> str:
    """What bubblewrap complained about, followed by what to do on this host."""
    found = [remedy for name, bad, remedy in SWITCHES if _read(sysctl / name) == bad]
    reason = " ".join(complaint.split()) or "no reason given"
    return f"No jail can be made here ({reason}). {' '.join(found) or CONTAINER}"


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
