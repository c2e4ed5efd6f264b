"""Honest concurrent programs, each with the lines that it prints; none says anything on stderr."""

from dataclasses import dataclass

START_METHODS = ("fork", "spawn", "forkserver")


@dataclass(frozen=True)
class Program:
    code: str
    output: str


THREADS = """
import threading
latch, lock, count = threading.Barrier(65), threading.Lock(), 0
def meet():
    global count
    latch.wait()
    with lock: count += 1
threads = [threading.Thread(target=meet) for _ in range(64)]
for thread in threads: thread.start()
latch.wait()
for thread in threads: thread.join()
print(count)
"""
THREAD_POOL = """
import threading
from concurrent.futures import ThreadPoolExecutor
latch = threading.Barrier(32)
with ThreadPoolExecutor(32) as pool: print(len(set(pool.map(lambda _: latch.wait(), range(32)))))
"""
TO_THREAD = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
latch = threading.Barrier(32)
async def main():
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    async with asyncio.timeout(30):
        print(len(set(await asyncio.gather(*(asyncio.to_thread(latch.wait) for _ in range(32))))))
asyncio.run(main())
"""
SYNCHRONIZED = """
from multiprocessing import Barrier, Event, Lock, Manager, Pipe, Process, Queue, Semaphore, Value
def work(number, queue, lock, gate, semaphore, go, total, end):
    go.wait(30); gate.wait(30)
    with semaphore, lock: total.value += number
    queue.put(number); end.send(number); end.close()
if __name__ == '__main__':
    queue, lock, gate, semaphore = Queue(), Lock(), Barrier(3), Semaphore(2)
    go, total, ends = Event(), Value('i'), [Pipe(False) for _ in range(3)]
    shared = queue, lock, gate, semaphore, go, total
    workers = [Process(target=work, args=(n, *shared, ends[n][1])) for n in range(3)]
    for worker in workers: worker.start()
    go.set()
    print(sorted(queue.get(timeout=30) for _ in workers), sorted(end.recv() for end, _ in ends))
    for worker in workers: worker.join()
    print(total.value, {worker.exitcode for worker in workers})
    with Manager() as manager:
        seen = manager.dict()
        seen['a'] = 1
        print(dict(seen))
"""
SHARED_MEMORY = """
from multiprocessing import Array, Process
from multiprocessing.shared_memory import SharedMemory
def fill(name, array):
    memory = SharedMemory(name)
    memory.buf[:5] = b'hello'
    memory.close()
    array[0] = 7
if __name__ == '__main__':
    memory, array = SharedMemory(create=True, size=4 << 20), Array('i', 1000)
    other = Process(target=fill, args=(memory.name, array))
    other.start(); other.join()
    print(bytes(memory.buf[:5]), array[0])
    memory.close(); memory.unlink()
"""
SUBPROCESS = """
import asyncio, subprocess, sys
python, pipes = sys.executable, dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(subprocess.check_output([python, '-c', 'import aiohttp; print(6 * 7)']))
print(subprocess.run([python, '-'], input=b'print(1)', capture_output=True).stdout)
async def main():
    words = [python, '-c', 'print(input()[::-1])']
    each = [await asyncio.create_subprocess_exec(*words, **pipes) for _ in range(3)]
    print([(await process.communicate(b'abc'))[0] for process in each])
asyncio.run(main())
"""
SIGNALS = """
import os, signal, time
signal.signal(signal.SIGUSR1, lambda number, _: print(signal.Signals(number).name))
os.kill(os.getpid(), signal.SIGUSR1)
signal.signal(signal.SIGALRM, lambda *_: print('alarm'))
signal.setitimer(signal.ITIMER_REAL, 0.01)
signal.pause()
child = os.fork()
if child == 0: time.sleep(60)
os.kill(child, signal.SIGTERM)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
PROCESS_POOL = """
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
def square(n): return n * n
if __name__ == '__main__':
    with ProcessPoolExecutor(4, mp_context=get_context('METHOD')) as pool:
        print(list(pool.map(square, range(8))))
        print(pool.submit(os.getpid).result() != os.getpid())
"""
MULTIPROCESSING_POOL = """
from multiprocessing import get_context
def square(n): return n * n
if __name__ == '__main__':
    with get_context('METHOD').Pool(2) as pool:
        print(pool.map(square, range(4)), pool.apply_async(square, (5,)).get(30))
"""

PROGRAMS = {
    "64 threads": Program(THREADS, "64\n"),
    "a pool of 32 threads": Program(THREAD_POOL, "32\n"),
    "to_thread 32 times": Program(TO_THREAD, "32\n"),
    "queues, locks and pipes": Program(SYNCHRONIZED, "[0, 1, 2] [0, 1, 2]\n3 {0}\n{'a': 1}\n"),
    "shared memory": Program(SHARED_MEMORY, "b'hello' 7\n"),
    "a subprocess": Program(SUBPROCESS, "b'42\\n'\nb'1\\n'\n[b'cba\\n', b'cba\\n', b'cba\\n']\n"),
    "signals": Program(SIGNALS, "SIGUSR1\nalarm\n-15\n"),
}
for method in START_METHODS:
    PROGRAMS[f"4 processes by {method}"] = Program(
        PROCESS_POOL.replace("METHOD", method), "[0, 1, 4, 9, 16, 25, 36, 49]\nTrue\n"
    )
    PROGRAMS[f"Pool by {method}"] = Program(
        MULTIPROCESSING_POOL.replace("METHOD", method), "[0, 1, 4, 9] 25\n"
    )
