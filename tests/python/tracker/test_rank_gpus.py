# SPDX-License-Identifier: MIT
"""Ranks of a node with a GPU each, in programs of their own: every GPU is in the merge, and counts once."""

from collections.abc import Callable
from typing import Any

import pytest

from co2lib import tracker

GPUS = "".join(
    f"device\nuuid GPU-000{i}\nname NVIDIA H200\nlimit_mw 700000\nenergy_mj 0@5000+{watts}000/s\n"
    for i, watts in enumerate((100, 200, 300))
)
Rank = Callable[..., str]


def merged(*ranks: int) -> Any:
    return tracker.merge([tracker.load(f"run-{rank}.jsonl") for rank in ranks]).footprint()


def gpus(f: Any) -> dict[str, float]:
    return {
        d.id: d.energy.joules for d in f.devices if d.device == "gpu" and d.in_total and not d.duplicate_of
    }


def test_every_rank_reports_its_own(bench: Any, rank: Rank) -> None:
    for number in range(3):
        said = rank(number, GPUS, CUDA_VISIBLE_DEVICES=str(number), RANK=str(number))
        assert said.startswith(f"{1000.0 * (number + 1)} ")
    f = merged(0, 1, 2)
    assert gpus(f) == {f"GPU-000{i}": pytest.approx(1000 * (i + 1)) for i in range(3)}
    assert f.totals.gpu.energy_j == pytest.approx(6000)
    assert "gpu_unreported" not in bench.codes(f)
    places = [f.where(d) for d in f.devices if d.device == "gpu"]
    assert [place.rpartition(", ")[2] for place in places] == ["rank 0", "rank 1", "rank 2"]


def test_ranks_that_see_all_of_them_count_each_once(bench: Any, rank: Rank) -> None:
    for number in range(3):
        rank(number, GPUS, RANK=str(number))
    f = merged(0, 1, 2)
    assert f.totals.gpu.energy_j == pytest.approx(6000, rel=0.01)
    assert len([d for d in f.devices if d.device == "gpu"]) == 9


def test_one_that_nobody_reports_is_said(bench: Any, rank: Rank) -> None:
    for number in range(2):
        rank(number, GPUS, CUDA_VISIBLE_DEVICES=str(number), RANK=str(number))
    f = merged(0, 1)
    assert f.totals.gpu.energy_j == pytest.approx(3000)
    [issue] = [i for i in f.issues if i.code == "gpu_unreported"]
    assert "GPU-0002" in issue.subject + issue.text
    assert "GPU-0001" not in issue.subject + issue.text


def test_a_log_that_is_missing_in_the_merge_is_seen(bench: Any, rank: Rank) -> None:
    for number in range(3):
        rank(number, GPUS, CUDA_VISIBLE_DEVICES=str(number), RANK=str(number))
    assert "gpu_unreported" in bench.codes(merged(0, 2))


def test_one_program_beside_gpus_of_others_is_no_rank(bench: Any, rank: Rank) -> None:
    rank(0, GPUS, CUDA_VISIBLE_DEVICES="1", WORLD_SIZE="1")
    f = merged(0)
    assert gpus(f) == {"GPU-0001": pytest.approx(2000)}
    assert "gpu_unreported" not in bench.codes(f)


@pytest.mark.parametrize("none", ["", "-1", "NoDevFiles"])
def test_a_rank_that_measures_nothing_says_why(bench: Any, rank: Rank, none: str) -> None:
    assert rank(1, GPUS, CUDA_VISIBLE_DEVICES=none, RANK="1").startswith("None ")
    f = tracker.load("run-1.jsonl").footprint()
    assert f.energy.joules is None
    [issue] = [i for i in f.issues if i.code == "not_owner"]
    assert issue.subject == "local rank 1"
    for said in ("local rank 0", "no GPU is visible", "measures nothing", "co2lib merge"):
        assert said in issue.text
    assert "not_owner" in str(f)


def test_a_uuid_and_an_order_select_as_a_number_does(bench: Any, rank: Rank) -> None:
    for number, visible in enumerate(("GPU-0001", "GPU-0002", "GPU-0000,GPU-0001")):
        rank(number, GPUS, CUDA_VISIBLE_DEVICES=visible, RANK=str(number))
    assert gpus(merged(0)) == {"GPU-0001": pytest.approx(2000)}
    assert merged(0, 1, 2).totals.gpu.energy_j == pytest.approx(6000)


@pytest.mark.parametrize(
    ("local", "number"),
    [
        ("LOCAL_RANK", "RANK"),
        ("SLURM_LOCALID", "SLURM_PROCID"),
        ("OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_RANK"),
        ("MPI_LOCALRANKID", "PMI_RANK"),
        ("MV2_COMM_WORLD_LOCAL_RANK", "PMI_RANK"),
        ("PALS_LOCAL_RANKID", "PALS_RANKID"),
    ],
)
def test_every_launcher_numbers_its_ranks(bench: Any, rank: Rank, local: str, number: str) -> None:
    variables = {"LOCAL_RANK": "", local: "1", number: "5", "CUDA_VISIBLE_DEVICES": "1"}
    rank(1, GPUS, **variables)
    f = merged(5)
    assert {d.rank for d in f.devices} == {5}
    assert gpus(f) == {"GPU-0001": pytest.approx(2000)}
    assert {i.subject for i in f.issues if i.code == "not_owner"} == {"local rank 1"}


def test_the_ranks_of_mpirun_inside_of_a_batch_script_are_its_own(bench: Any, rank: Rank) -> None:
    # A batch script of Slurm is its task 0, and what mpirun starts there inherits that.
    batch = {"LOCAL_RANK": "", "SLURM_LOCALID": "0", "SLURM_PROCID": "0", "SLURM_STEP_TASKS_PER_NODE": "1"}
    for number in range(2):
        mpirun = {"OMPI_COMM_WORLD_LOCAL_RANK": str(number), "OMPI_COMM_WORLD_RANK": str(4 + number)}
        rank(0, GPUS, **batch, **mpirun, CUDA_VISIBLE_DEVICES=str(number))
    assert bench.codes(merged(4)) & {"not_owner"} == set()
    assert "not_owner" in bench.codes(merged(5))
    assert merged(4, 5).totals.gpu.energy_j == pytest.approx(3000)
    assert "gpu_unreported" in bench.codes(merged(4, 5))


def test_a_local_rank_alone_is_not_completed_by_another_launcher(bench: Any, rank: Rank) -> None:
    # Processes that a program starts in a batch script for itself, as Lightning does.
    for number in range(2):
        rank(number, GPUS, SLURM_LOCALID="0", SLURM_PROCID="0", CUDA_VISIBLE_DEVICES=str(number))
    assert merged(0, 1).totals.gpu.energy_j == pytest.approx(3000)


def test_a_wrapper_that_hands_its_local_rank_on_keeps_the_rank_of_the_launcher(
    bench: Any, rank: Rank
) -> None:
    rank(1, GPUS, SLURM_LOCALID="1", SLURM_PROCID="5", CUDA_VISIBLE_DEVICES="1")
    assert {d.rank for d in merged(5).devices} == {5}
