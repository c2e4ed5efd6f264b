"""Let only so many in at once

Question: How do you handle backpressure in an asyncio application?

Look for: Every task starts at once, but the number inside rises to the limit and stays there, flat as a roof.
The others queue up. Each task that leaves wakes exactly one that waits, until the queue is empty.
"""

import asyncio
import time

TASKS = 120  #: 1 to 500. How many tasks want in.
LIMIT = 50  #: 1 to 500. How many may be inside at once; the document's number is 50.
SECONDS = 0.3  #: 0.0 to 2.0 s. How long each stays inside.

#: variant one-at-a-time (One at a time): LIMIT = 1, TASKS = 10
#: variant ten (Ten at a time): LIMIT = 10, TASKS = 60
#: variant no-limit (Nobody waits): LIMIT = 500


# --- from the document ---
sem = asyncio.Semaphore(50)
async def limited_task():
    async with sem:
        ... # This code will only be run by 50 tasks concurrently
        await use_the_database()  # ours: fills the "..." above
# --- end of the document's code ---


if LIMIT != 50:  # you chose another limit than the document
    sem = asyncio.Semaphore(LIMIT)

inside = peak = done = 0


async def use_the_database():
    """Stands for a connection of which there are only so many."""
    global inside, peak, done
    inside += 1
    peak = max(peak, inside)
    await asyncio.sleep(SECONDS)
    inside -= 1
    done += 1
    if done % 20 == 0:
        print(f"{done:3} done, {inside:2} inside")


async def main():
    started = time.perf_counter()
    await asyncio.gather(*(limited_task() for _ in range(TASKS)))
    print(f"{TASKS} tasks in {time.perf_counter() - started:.1f} s, never more than {peak} inside")


asyncio.run(main())
