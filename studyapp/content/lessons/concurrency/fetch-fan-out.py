"""Fetch many pages at once

Question: Compare and contrast threading, multiprocessing, and asyncio.

Look for: All requests leave in one burst, then their waits overlap: the whole takes as long as the slowest
page, not as long as all of them together. Some pages fail, and their neighbours do not notice. The results
come back in the order of the urls, with the exceptions among them.
"""

import time

PAGES = 10  #: 1 to 60. How many slow pages are fetched; the first is the slowest.
SLOWEST = 1.0  #: 0.1 to 4.0 s. How long the slowest page takes to answer.
FAILING = 2  #: 0 to 10. How many pages answer with an error.
HANGING = 0  #: 0 to 5. How many pages never answer, until the timeout of 5 seconds.
HOW = "together"  #: one of together, one by one. Whether all requests start at once or each after the last.

#: variant one-by-one (One by one): HOW = "one by one", PAGES = 5
#: variant timeout (One page never answers): HANGING = 1
#: variant crowd (A crowd): PAGES = 60, SLOWEST = 2.0


# --- from the document ---
import asyncio, aiohttp

async def fetch(session, url):
    async with session.get(url, timeout=5) as r:
        r.raise_for_status()
        return await r.text()

async def main(urls):
    async with aiohttp.ClientSession() as s:
        tasks = [fetch(s, u) for u in urls]
        return await asyncio.gather(*tasks, return_exceptions=True)

# asyncio.run(main(["https://example.com"]))
# --- end of the document's code ---


def make_urls():
    site = "http://practice.test"
    urls = ["https://example.com"]
    urls += [f"{site}/delay/{SLOWEST * n / PAGES:.2f}" for n in range(PAGES, 0, -1)]
    middle = len(urls) // 2
    urls[middle:middle] = [f"{site}/status/500"] * FAILING + [f"{site}/hang"] * HANGING
    return urls


async def one_by_one(urls):
    results = []
    for url in urls:
        results += await main([url])
    return results


urls = make_urls()
started = time.perf_counter()
results = asyncio.run(main(urls) if HOW == "together" else one_by_one(urls))
seconds = time.perf_counter() - started

for url, result in zip(urls, results):
    if isinstance(result, Exception):
        print(f"{url:34} failed: {type(result).__name__}")
    else:
        print(f"{url:34} {len(result)} characters")
print(f"{len(urls)} pages in {seconds:.1f} s")
