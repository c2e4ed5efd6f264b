"""Questions to the events of a run, so that a test can say in a line what it expects of them."""

from dataclasses import dataclass
from typing import Any

from studyapp.tracer.events import TASK_LANE, Event


@dataclass(frozen=True)
class Told:
    """The events of a run that has ended, in order."""

    events: list[Event]

    def all(self, ph: str, name: str | None = None) -> list[Event]:
        return [event for event in self.events if event["ph"] == ph and name in (None, event["name"])]

    def args(self, ph: str, name: str) -> list[dict[str, Any]]:
        return [event["args"] for event in self.all(ph, name)]

    def task(self, name: str) -> int:
        """The number of the first task made from the coroutine function `name`."""
        number: int = self.args("B", name)[0]["task"]
        return number

    def steps(self, name: str) -> list[dict[str, Any]]:
        """What the first task of that name waited for, step by step."""
        lane = TASK_LANE + self.task(name)
        return [event["args"] for event in self.all("X", "step") if event["tid"] == lane]

    def end(self, name: str) -> dict[str, Any]:
        return self.args("E", name)[0]

    def site(self, number: int) -> list[list[Any]]:
        """The stack of a site: pairs of line and function."""
        stacks: dict[int, list[list[Any]]] = {site["id"]: site["stack"] for site in self.args("M", "site")}
        return stacks[number]

    def printed(self, stream: str = "stdout") -> str:
        return "".join(said["text"] for said in self.args("i", "out") if said["stream"] == stream)
