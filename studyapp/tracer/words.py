"""What the code of asyncio and aiohttp stands for: the tables that turn a frame into a word."""

import sys
from types import CodeType
from typing import NamedTuple

from .fields import LONGEST_WORD


class Wait(NamedTuple):
    """A suspended frame of this code names what its task waits for.

    `resource` is the kind of thing its `self` is, and `amount` a local variable worth telling. A frame
    further in may know better if this one is not `final` and that one `refines`.
    """

    word: str
    resource: str = ""
    amount: str = ""
    final: bool = True
    refines: bool = False


WAITS: dict[str, dict[str, Wait]] = {
    "asyncio/tasks.py": {
        "sleep": Wait("sleep", amount="delay"),
        "_wait": Wait("wait", amount="fs"),
    },
    "asyncio/threads.py": {"to_thread": Wait("thread")},
    "asyncio/locks.py": {
        "Semaphore.acquire": Wait("semaphore", "semaphore"),
        "Lock.acquire": Wait("lock", "lock"),
        "Event.wait": Wait("event", "event"),
        "Condition.wait": Wait("condition", "condition"),
        "Barrier.wait": Wait("barrier", "barrier"),
    },
    "asyncio/queues.py": {
        "Queue.get": Wait("queue.get", "queue"),
        "Queue.put": Wait("queue.put", "queue"),
        "Queue.join": Wait("queue.join", "queue"),
    },
    "asyncio/taskgroups.py": {"TaskGroup.__aexit__": Wait("taskgroup", "taskgroup")},
    "asyncio/streams.py": {
        "StreamReader._wait_for_data": Wait("io.read"),
        "StreamWriter.drain": Wait("io.write"),
    },
    "asyncio/base_events.py": {"BaseEventLoop.create_connection": Wait("io.connect")},
    "asyncio/selector_events.py": {
        "BaseSelectorEventLoop.sock_accept": Wait("io.read"),
        "BaseSelectorEventLoop.sock_recv": Wait("io.read"),
        "BaseSelectorEventLoop.sock_recv_into": Wait("io.read"),
        "BaseSelectorEventLoop.sock_sendall": Wait("io.write"),
        "BaseSelectorEventLoop.sock_connect": Wait("io.connect"),
    },
    "asyncio/subprocess.py": {
        "Process.wait": Wait("process"),
        "Process.communicate": Wait("process"),
    },
    "aiohttp/connector.py": {
        "BaseConnector.connect": Wait("http.connect", final=False),
        "BaseConnector._wait_for_available_connection": Wait("http.pool", refines=True),
    },
    "aiohttp/client_reqrep.py": {"ClientResponse.start": Wait("http.headers")},
    "aiohttp/streams.py": {"StreamReader._wait": Wait("http.body")},
}
if sys.version_info < (3, 12):
    # There wait_for puts what it is given into a task of its own, and waits for that.
    WAITS["asyncio/tasks.py"]["wait_for"] = Wait("task", amount="fut")

CANCELLERS = {
    "asyncio/timeouts.py": "timeout",
    "asyncio/taskgroups.py": "TaskGroup",
    "asyncio/runners.py": "runner",
    "aiohttp/helpers.py": "timeout",
}
CANCELLERS_BY_NAME = {"_GatheringFuture.cancel": "gather", "_cancel_and_wait": "timeout"}

_APIS = {"TaskGroup.create_task": "TaskGroup", "_AsCompletedIterator.__init__": "as_completed"}
_OWN_FOLDER = __file__.rpartition("/")[0] + "/"


class Facts:
    """What is known of one code object.

    `cancels` is the word for a cancel that comes from here, `api` the name a learner would call it by, and
    `callback` marks the frame below which the event loop begins.
    """

    __slots__ = ("api", "callback", "cancels", "code", "learners", "wait")

    def __init__(self, code: CodeType, *, learners: bool) -> None:
        folder, _, module = code.co_filename.rpartition("/")
        place = f"{folder.rpartition('/')[2]}/{module}"
        self.code = code  # kept alive, so that its id stays its own
        self.learners = learners
        self.wait = None if learners else WAITS.get(place, {}).get(code.co_qualname)
        self.cancels = CANCELLERS_BY_NAME.get(code.co_qualname) or CANCELLERS.get(place)
        self.api = _name_api(code.co_filename, code.co_qualname)
        self.callback = place == "asyncio/events.py" and code.co_qualname == "Handle._run"


def is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_OWN_FOLDER)


def _name_api(filename: str, qualname: str) -> str:
    """For asyncio the function's own name, for a library that of its package, for the rest of Python none."""
    if "/asyncio/" in filename:
        return _APIS.get(qualname, qualname.removesuffix(".__init__").rpartition(".")[2])
    folders = [folder for folder in sys.path if folder and filename.startswith(f"{folder}/")]
    inside = filename[len(max(folders, key=len)) + 1 :] if folders else ""
    package = inside.partition("/")[0].removesuffix(".py")[:LONGEST_WORD]
    return "" if package in sys.stdlib_module_names else package
