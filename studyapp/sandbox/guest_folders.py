"""The packages that learners' programs may import: a folder for each interpreter, made at set-up."""

from dataclasses import dataclass
from pathlib import Path

from studyapp.sandbox.project import PROJECT


@dataclass(frozen=True, slots=True)
class GuestFolders:
    """Folders below `root` that hold what the file `requirements` lists, by the interpreters' names."""

    root: Path = PROJECT / ".guest"
    requirements: Path = PROJECT / "studyapp" / "sandbox" / "guest-requirements.txt"

    def find(self, name: str) -> Path:
        return self.root / name

    def stamp(self, version: str) -> str:
        """What is written into a folder that is whole: for which version, and of what, it was made."""
        return f"made for Python {version} from\n{self.requirements.read_text()}"

    def stamp_file(self, folder: Path) -> Path:
        return folder / "made-for.txt"

    def failure_file(self, name: str) -> Path:
        """Why the folder could not be made when that was last tried; there is none if it could."""
        return self.root / f"{name}-failure.txt"

    def is_whole(self, name: str, version: str) -> bool:
        """Whether the folder is there, made for this version and these requirements."""
        try:
            return self.stamp_file(self.find(name)).read_text() == self.stamp(version)
        except OSError:
            return False

    def find_problem(self, name: str, version: str) -> str:
        """What is wrong with the folder and what to do, "" if nothing is."""
        if self.is_whole(name, version):
            return ""
        try:
            failure = self.failure_file(name).read_text().strip()
        except OSError:
            return (
                f"The packages that programs may import are not installed for Python {version}: "
                "run `make install` in the project's folder."
            )
        return f"{failure}: run `make install` in the project's folder to try again."
