"""The yardstick: the least that a runner in Python must do. Reads the rows, asks over aiohttp, marks the last
number of the reply, writes one JSON line an answer. No retries, no states, no estimates.

    raw_loop.py CASES BASE_URL CONNECTIONS LOG
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator

import aiohttp

NUMBER = re.compile(r"-?\d+")


async def work(
    session: aiohttp.ClientSession, url: str, rows: Iterator[dict[str, str]], log: int, right: list[int]
) -> None:
    for row in rows:
        body = {
            "model": "tickets",
            "messages": [{"role": "user", "content": row["input"]}],
            "temperature": 0,
            "max_tokens": 256,
        }
        data = json.dumps(body).encode()
        async with session.post(url, data=data, headers={"Content-Type": "application/json"}) as response:
            reply = json.loads(await response.read())
        text = reply["choices"][0]["message"]["content"]
        numbers = NUMBER.findall(text)
        score = int(bool(numbers) and numbers[-1] == row["target"])
        right.append(score)
        line = {
            "id": row["id"],
            "target": row["target"],
            "text": text,
            "usage": reply["usage"],
            "score": score,
        }
        os.write(log, json.dumps(line).encode() + b"\n")


async def main(cases: str, base_url: str, connections: int, log: str) -> None:
    with open(cases, encoding="utf-8") as file:
        rows = iter([json.loads(line) for line in file])
    right: list[int] = []
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"{base_url}/chat/completions"
        await asyncio.gather(*(work(session, url, rows, descriptor, right) for _ in range(connections)))
    os.close(descriptor)
    print(json.dumps({"n": len(right), "score": sum(right) / len(right)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
