"""Start together, fail together

Question: What is structured concurrency (TaskGroup) in Python 3.11?

Look for: One fetch fails, and in the same instant the group cancels every sibling. The group does not return
until the last of them has cleaned up. Then the errors come out together, as an ExceptionGroup.
"""

import asyncio
import aiohttp

PAGES = 4  #: 1 to 30. How many pages would arrive if nothing failed.
FAILING = 1  #: 0 to 3. How many pages answer with an error.
CLEANUP = 0.3  #: 0.0 to 2.0 s. How long a cancelled fetch needs to clean up.

#: variant all-well (Nothing fails): FAILING = 0
#: variant crowd (Many siblings): PAGES = 30

SITE = "http://practice.test"


async def fetch(url):
    try:
        async with aiohttp.request("GET", url) as response:
            response.raise_for_status()
            page = await response.text()
            print(f"{url}: arrived")
            return page
    except asyncio.CancelledError:
        print(f"{url}: cancelled, cleaning up")
        await asyncio.sleep(CLEANUP)
        raise


# --- from the document ---
async def gather_all(urls):
    async with asyncio.TaskGroup() as tg:
        tasks = [tg.create_task(fetch(u)) for u in urls]
    return [t.result() for t in tasks]
# --- end of the document's code ---


async def main():
    urls = [f"{SITE}/delay/{1 + n / 10:.1f}" for n in range(PAGES)]
    urls += [f"{SITE}/status/500"] * FAILING
    try:
        pages = await gather_all(urls)
        print(f"all {len(pages)} pages arrived")
    except* aiohttp.ClientResponseError as group:
        print(f"{type(group).__name__}: {group}")
        for error in group.exceptions:
            print(f"    {type(error).__name__}: status {error.status} from {error.request_info.url}")


asyncio.run(main())
