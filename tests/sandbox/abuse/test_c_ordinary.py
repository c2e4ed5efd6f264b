"""C4: ordinary concurrent programs, which have to work as on any machine."""

from textwrap import dedent

import pytest

from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.marks import cannot_test, case
from tests.sandbox.abuse.trial import Trial

ROOMY = Limits(wall_s=60, cpu_s=60)
START_METHODS = "fork", "spawn", "forkserver"


async def works(trial: Trial, code: str, *lines: str) -> None:
    await trial.both_say(dedent(code), "".join(f"{line}\n" for line in lines))


@case("C4")
async def test_64_threads_meet(trial: Trial) -> None:
    code = """
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
    await works(trial, code, "64")


@case("C4")
async def test_a_pool_of_32_threads_has_32(trial: Trial) -> None:
    code = """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        latch = threading.Barrier(32)
        with ThreadPoolExecutor(32) as pool: print(len(set(pool.map(lambda _: latch.wait(), range(32)))))
    """
    await works(trial, code, "32")


@case("C4")
async def test_to_thread_32_times_at_once(trial: Trial) -> None:
    code = """
        import asyncio, threading
        from concurrent.futures import ThreadPoolExecutor
        latch = threading.Barrier(32)
        async def main():
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
            async with asyncio.timeout(30):
                print(len(set(await asyncio.gather(*(asyncio.to_thread(latch.wait) for _ in range(32))))))
        asyncio.run(main())
    """
    await works(trial, code, "32")


@case("C4")
@pytest.mark.parametrize("method", START_METHODS)
async def test_a_pool_of_4_processes(trial: Trial, method: str) -> None:
    code = f"""
        import os
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        def square(n): return n * n
        if __name__ == '__main__':
            with ProcessPoolExecutor(4, mp_context=get_context({method!r})) as pool:
                print(list(pool.map(square, range(8))))
                print(pool.submit(os.getpid).result() != os.getpid())
    """
    await works(trial, code, "[0, 1, 4, 9, 16, 25, 36, 49]", "True")


@case("C4")
@pytest.mark.parametrize("method", START_METHODS)
async def test_a_multiprocessing_pool(trial: Trial, method: str) -> None:
    code = f"""
        from multiprocessing import get_context
        def square(n): return n * n
        if __name__ == '__main__':
            with get_context({method!r}).Pool(2) as pool:
                print(pool.map(square, range(4)), pool.apply_async(square, (5,)).get(30))
    """
    await works(trial, code, "[0, 1, 4, 9] 25")


@case("C4")
async def test_processes_with_queues_locks_and_pipes(trial: Trial) -> None:
    code = """
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
    await works(trial, code, "[0, 1, 2] [0, 1, 2]", "3 {0}", "{'a': 1}")


@case("C4")
async def test_memory_shared_by_processes(trial: Trial) -> None:
    code = """
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
    await works(trial, code, "b'hello' 7")


@case("C4")
async def test_a_subprocess_of_the_same_python(trial: Trial) -> None:
    code = """
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
    await works(trial, code, r"b'42\n'", r"b'1\n'", r"[b'cba\n', b'cba\n', b'cba\n']")


@case("C4")
async def test_signals_to_oneself_and_ones_children(trial: Trial) -> None:
    code = """
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
    await works(trial, code, "SIGUSR1", "alarm", "-15")


INTERPRETERS = """
    try: import _interpreters as interpreters
    except ImportError:
        try: import _xxsubinterpreters as interpreters
        except ImportError: print('none'); raise SystemExit
    import os, threading
    read, write = os.pipe()
    def work():
        number = interpreters.create()
        interpreters.run_string(number, f'import os; os.write({write}, b".")')
        interpreters.destroy(number)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(os.read(read, 100))
"""


@case("C4")
async def test_subinterpreters(trial: Trial) -> None:
    done = await trial.ends("finished", dedent(INTERPRETERS), limits=ROOMY)

    if done.printed() == "none\n":
        cannot_test("C4", "the default interpreter has no subinterpreters")
    assert (done.printed(), done.printed("stderr")) == ("b'....'\n", "")
