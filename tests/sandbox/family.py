"""The processes of a runner as the host sees them: its templates, and the jails of each."""

from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox.client import RunnerClient
from tests.sandbox.abuse.footprint import find_launcher, find_server, processes_in_jail_with
from tests.sandbox.processes import children, descendants, is_alive, until


@dataclass(frozen=True)
class Family:
    """Everything below the process that was started with this socket."""

    socket_path: Path

    @property
    def client(self) -> RunnerClient:
        return RunnerClient(self.socket_path)

    @property
    def launcher(self) -> int:
        return find_launcher(self.socket_path)

    @property
    def server(self) -> int:
        return find_server(self.socket_path)

    def everybody(self) -> list[int]:
        return descendants(self.launcher)

    def templates(self) -> list[int]:
        """Living templates: each is the only child of the bubblewrap that watches over it."""
        wraps = [pid for pid in children(self.server) if is_alive(pid)]
        return [pid for wrap in wraps for pid in children(wrap) if is_alive(pid)]

    def jails(self) -> set[int]:
        """The first processes of all jails, waiting or not."""
        return {jail for pid in self.templates() for jail in children(pid) if is_alive(jail)}

    def programs(self) -> set[int]:
        """Every process of a jail but its first: the guest's own and what that started."""
        return {pid for jail in self.jails() for pid in descendants(jail)} - self.jails()

    async def until_jails(self, count: int) -> set[int]:
        """Waits for so many jails whose programs' processes wait too; returns them."""
        await until(lambda: len(self.jails()) == count and all(map(children, self.jails())))
        return self.jails()


def jail_of(filename: str) -> int:
    """The first process of the jail in which a program of this name runs."""
    return min(processes_in_jail_with(filename))


def users(pid: int) -> set[int]:
    """Every user and group id, real, effective, saved and of the file system, that the host sees."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {int(word) for line in lines if line.startswith(("Uid:", "Gid:")) for word in line.split()[1:]}
