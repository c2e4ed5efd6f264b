"""Threads, process pools, and what they share."""

import concurrent.futures
import multiprocessing
import multiprocessing.shared_memory
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.synchronize import Lock


def double(number: int) -> int:
    return 2 * number


def many_threads() -> None:
    together = threading.Barrier(65)
    threads = [threading.Thread(target=together.wait) for _ in range(64)]
    for thread in threads:
        thread.start()
    together.wait()
    for thread in threads:
        thread.join()


def thread_pool() -> None:
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(double, range(100))) == 9900


def locks_between_threads() -> None:
    numbers: queue.Queue[int] = queue.Queue(1)
    ready = threading.Condition()
    sender = threading.Thread(target=lambda: deque(map(numbers.put, range(50)), maxlen=0))
    sender.start()
    assert sum(numbers.get(timeout=30) for _ in range(50)) == 1225
    with ready:
        assert not ready.wait(0.01)
    sender.join()


def _process_pool(method: str) -> None:
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(double, range(4))) == [0, 2, 4, 6]


def process_pool_by_fork() -> None:
    _process_pool("fork")


def process_pool_by_spawn() -> None:
    _process_pool("spawn")


def process_pool_by_forkserver() -> None:
    _process_pool("forkserver")


def multiprocessing_pool() -> None:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(double, range(4)) == [0, 2, 4, 6]


def _add_one(shared: str, lock: Lock) -> None:
    memory = multiprocessing.shared_memory.SharedMemory(shared)
    assert memory.buf is not None
    with lock:
        memory.buf[0] += 1
    memory.close()


def shared_memory_and_locks() -> None:
    context = multiprocessing.get_context("fork")
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=4096)
    lock = context.Lock()
    children = [context.Process(target=_add_one, args=(memory.name, lock)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert memory.buf is not None
    assert memory.buf[0] == 3
    memory.close()
    memory.unlink()


def manager_queue_and_values() -> None:
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        manager.dict()["answer"] = 42
    numbers = context.Queue()
    numbers.put(context.Value("i", 7).value)
    assert numbers.get(timeout=30) == 7
    numbers.close()
    numbers.join_thread()


def subprocess_of_the_same_python() -> None:
    command = [sys.executable, "-I", "-c", "print(input())"]
    assert subprocess.run(command, input="hello", capture_output=True, text=True).stdout == "hello\n"


def subprocess_in_a_group_of_its_own() -> None:
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    os.killpg(child.pid, signal.SIGTERM)
    assert child.wait() == -signal.SIGTERM


def processes_by_descriptor() -> None:
    child = subprocess.Popen(["sleep", "60"])
    descriptor = os.pidfd_open(child.pid)
    signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    assert os.waitid(os.P_PIDFD, descriptor, os.WEXITED)
    os.close(descriptor)
    child.returncode = 0


def fork_and_reap() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3


def sub_interpreters() -> None:
    names = {11: "_xxsubinterpreters", 12: "_xxsubinterpreters"}
    interpreters = __import__(names.get(sys.version_info.minor, "_interpreters"))
    made = interpreters.create()
    thread = threading.Thread(target=interpreters.run_string, args=(made, "import math; math.pi"))
    thread.start()
    thread.join()
    interpreters.destroy(made)


def processors_priorities_and_limits() -> None:
    os.sched_setaffinity(0, os.sched_getaffinity(0))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, (soft, hard))


PROGRAMS: tuple[Callable[[], None], ...] = (
    many_threads,
    thread_pool,
    locks_between_threads,
    process_pool_by_fork,
    process_pool_by_spawn,
    process_pool_by_forkserver,
    multiprocessing_pool,
    shared_memory_and_locks,
    manager_queue_and_values,
    subprocess_of_the_same_python,
    subprocess_in_a_group_of_its_own,
    processes_by_descriptor,
    fork_and_reap,
    sub_interpreters,
    processors_priorities_and_limits,
)
