# SPDX-License-Identifier: MIT
"""A pool of processes started during a run with a Python meter; each of them measures a run of its own."""

import multiprocessing
import sys

import co2lib


def work(n: int) -> tuple[int, bool, float | None]:
    with co2lib.track(meters=[lambda: 10.0], intensity=1, power_period_s=0.001) as run, run.region("work"):
        total = sum(range(20_000))
    assert total == 199_990_000
    return n, run.footprint.complete, run.footprint.energy.joules


def main() -> None:
    context = multiprocessing.get_context(sys.argv[1])
    run = co2lib.track(meters=[lambda: 25.0], intensity=1, power_period_s=0.001)
    with run, run.region("pool"), context.Pool(2) as pool:
        results = pool.map(work, range(4))
    assert [n for n, _, _ in results] == [0, 1, 2, 3]
    assert all(complete for _, complete, _ in results)
    assert all(joules is not None and joules > 0 for _, _, joules in results)
    assert run.footprint.complete
    assert run.footprint.regions["pool"].count == 1
    print("done")


if __name__ == "__main__":
    main()
