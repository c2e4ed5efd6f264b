"""Give up in time, and clean up

Question: How do you implement timeouts and cancellation correctly in asyncio?

Look for: At the deadline the slow request is cancelled, on the very line where it waits, and its caller gets
None. The download is cancelled by hand: CancelledError passes through it, and its finally block still gives
the connection back before the task ends.
"""

import asyncio
import aiohttp

TIMEOUT = 1.0  #: 0.1 to 5.0 s. How long each request may take.
FAST = 0.3  #: 0.0 to 6.0 s. How long the fast page takes to answer.
SLOW = 2.0  #: 0.0 to 6.0 s. How long the slow page takes to answer.
CLEANUP = 0.3  #: 0.0 to 2.0 s. How long the download needs to clean up.

#: variant patient (Enough time for both): TIMEOUT = 3.0
#: variant impatient (Too little time for either): TIMEOUT = 0.2


# --- from the document ---
async def fetch_with_timeout(session, url, timeout=3):
    try:
        return await asyncio.wait_for(session.get(url), timeout)
    except asyncio.TimeoutError:
        return None
# --- end of the document's code ---


SITE = "http://practice.test"


async def visit(session, name, url):
    response = await fetch_with_timeout(session, url, TIMEOUT)
    if response is None:
        print(f"{name}: gave up after {TIMEOUT} s")
    else:
        print(f"{name}: status {response.status}")
        response.release()


async def download(session):
    print("download: connection taken")
    try:
        await session.get(f"{SITE}/hang")
    finally:
        # Runs even when the task is cancelled. Waiting is allowed here, too.
        await asyncio.sleep(CLEANUP)
        print("download: connection given back")


async def main():
    async with aiohttp.ClientSession() as session:
        task = asyncio.create_task(download(session))
        await asyncio.gather(
            visit(session, "fast page", f"{SITE}/delay/{FAST}"),
            visit(session, "slow page", f"{SITE}/delay/{SLOW}"),
            visit(session, "silent page", f"{SITE}/hang"),
        )
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            print("download: cancelled, as asked")


asyncio.run(main())
