# SPDX-License-Identifier: MIT
"""A training loop whose data come from forked workers, with a meter written in Python."""

import sys

import torch
from torch.utils.data import DataLoader, Dataset

import co2lib


class Numbers(Dataset[torch.Tensor]):
    def __init__(self, run: co2lib.tracker.Track) -> None:
        self.run = run

    def __len__(self) -> int:
        return 32

    def __getitem__(self, index: int) -> torch.Tensor:
        # In a worker the parent's run is inert, and regions of it do nothing.
        with self.run.region("in a worker"):
            pass
        codes = {issue.code for issue in self.run.snapshot().issues}
        return torch.tensor([index, int(self.run.running), int("forked" in codes)])


def main() -> None:
    torch.set_num_threads(1)
    run = co2lib.track(meters=[lambda: 25.0], intensity=1, power_period_s=0.002).start()
    seen = []
    for _epoch in range(2):
        loader = DataLoader(
            Numbers(run),
            batch_size=4,
            num_workers=2,
            multiprocessing_context=sys.argv[1],
            persistent_workers=False,
        )
        with run.region("epoch"):
            seen += [row.tolist() for batch in loader for row in batch]
    f = run.stop()
    assert sorted(row[0] for row in seen) == sorted(list(range(32)) * 2)
    assert {tuple(row[1:]) for row in seen} == {(0, 1)}, seen
    assert f.complete
    assert set(f.regions) == {"epoch"}
    assert f.regions["epoch"].count == 2
    assert "forked" not in {issue.code for issue in f.issues}
    print("done")


if __name__ == "__main__":
    main()
