"""A process to be killed: `python -m tests.api.store.victim URL` makes one on every line it is sent.

Each victim is a fork, which writes jobs three at a time and says so on the pipe only once the store has: `N
pid` at its birth, then `group` for each acknowledged write. The parent of the victims says `dead` when one
has ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

from api.store import AddJob, Audit, MoveJob, open_store
from tests.api.store.builders import jobs
from tests.api.store.places import SECRET

WRITERS = 6
PER_GROUP = 3


def main(url: str) -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(write_until_killed(url, line.strip()))
        os.waitpid(child, 0)
        say("dead")


async def write_until_killed(url: str, life: str) -> None:
    store = open_store(url, secret=SECRET)
    say(f"{os.getpid()}")

    async def writer(number: int) -> None:
        count = 0
        while True:
            count += 1
            now, group = datetime.now(UTC), f"{life}-{number}-{count}"
            added = jobs(PER_GROUP, at=now, labels={"group": group}, cost="1")
            note = Audit(at=now, actor="victim", action="add", target=group)
            await store.write(*(AddJob(job=j) for j in added), note)
            await store.write(*(MoveJob(job=j.moved("planned", now)) for j in added))
            say(group)

    await asyncio.gather(*map(writer, range(WRITERS)))


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())  # one write, so that a line is whole or not there


if __name__ == "__main__":
    main(sys.argv[1])
