"""Keep the event loop free

Question: How do you avoid blocking the event loop with CPU work?

Look for: While the work runs in a thread, the loop goes on ticking. Call the same function directly and the
loop stands still: no tick can happen, and the next one comes late by the whole length of the work.
"""

import asyncio
import time

LIMIT = 200_000  #: 1_000 to 600_000. The work: count the primes below this number.
TICK = 0.05  #: 0.01 to 0.5 s. How often the ticker wants to tick.
HOW = "in a thread"  #: one of in a thread, directly. Where the work runs.

#: variant directly (Block the loop): HOW = "directly"


def cpu_heavy_fn(limit):
    count = 0
    for n in range(2, limit):
        if all(n % d for d in range(2, int(n**0.5) + 1)):
            count += 1
    return count


async def tick():
    """Stands for everything else the loop has to do: requests, timers, other people."""
    while True:
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        late = time.perf_counter() - due
        print(f"tick, {late * 1000:.0f} ms late")


async def work(data):
    if HOW == "directly":
        return cpu_heavy_fn(data)
    # --- from the document ---
    result = await asyncio.to_thread(cpu_heavy_fn, data)
    # --- end of the document's code ---
    return result


async def main():
    ticker = asyncio.create_task(tick())
    await asyncio.sleep(TICK * 3)
    print(f"work begins, {HOW}")
    count = await work(LIMIT)
    print(f"work ends: {count} primes below {LIMIT}")
    await asyncio.sleep(TICK * 3)
    ticker.cancel()


asyncio.run(main())
