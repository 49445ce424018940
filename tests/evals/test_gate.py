"""The gate: how many at once, and when nobody."""

from __future__ import annotations

import asyncio

from fairtrial.evals.gate import Gate


def test_a_429_halves_once_for_a_burst_and_grows_back_by_one_a_round() -> None:
    time = [0.0]
    gate = Gate(16, lambda: time[0])

    async def go() -> None:
        entered = [await gate.enter() for _ in range(8)]
        time[0] = 1.0
        for at in entered:
            gate.throttled(0.0, at)
            gate.leave()
        assert gate.limit == 8, "eight refusals of one burst are one message"
        for expected in (9, 10, 11):
            for _ in range(gate.limit):
                gate.succeeded()
            assert gate.limit == expected

    asyncio.run(go())


def test_the_limit_never_falls_below_one_nor_grows_above_the_ceiling() -> None:
    time = [0.0]
    gate = Gate(2, lambda: time[0])

    async def go() -> None:
        for step in range(1, 6):
            time[0] = float(step)
            gate.throttled(0.0, time[0])
        assert gate.limit == 1
        for _ in range(50):
            gate.succeeded()
        assert gate.limit == 2

    asyncio.run(go())


def test_a_pause_holds_everybody_back_until_it_is_over() -> None:
    async def go() -> None:
        loop = asyncio.get_running_loop()
        gate = Gate(4, loop.time)
        gate.throttled(0.1, loop.time())
        started = loop.time()
        entered = await asyncio.gather(*(enter_and_leave(gate) for _ in range(6)))
        assert min(entered) - started >= 0.1

    async def enter_and_leave(gate: Gate) -> float:
        at = await gate.enter()
        gate.leave()
        return at

    asyncio.run(go())


def test_nobody_is_forgotten_when_many_wait_for_few_places() -> None:
    async def go() -> int:
        gate = Gate(3, asyncio.get_running_loop().time)
        done = 0

        async def worker() -> None:
            nonlocal done
            for _ in range(20):
                await gate.enter()
                assert gate.active <= 3
                await asyncio.sleep(0)
                gate.leave()
                done += 1

        await asyncio.wait_for(asyncio.gather(*(worker() for _ in range(12))), 5)
        return done

    assert asyncio.run(go()) == 240


def test_opening_wide_lets_all_who_wait_through() -> None:
    async def go() -> None:
        gate = Gate(1, asyncio.get_running_loop().time)
        await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(5)]
        await asyncio.sleep(0)
        gate.open_wide()
        await asyncio.wait_for(asyncio.gather(*waiting), 1)

    asyncio.run(go())
