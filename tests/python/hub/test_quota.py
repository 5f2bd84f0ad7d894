# SPDX-License-Identifier: MIT
"""The count of requests: what is taken, what the Hub says, and when it is waited."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from co2lib.hub._quota import Quota, Stopped, Time


class Still:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def end(self) -> None: ...


def test_a_spent_window_is_waited_out() -> None:
    time, waits = Still(), []
    quota = Quota(3, time, waits.append)  # type: ignore[arg-type]
    for _ in range(3):
        window = quota.take()
        quota.answered(None, None, "api", window)
    assert waits == []
    quota.take()
    assert waits == [300.0]


def test_what_the_hub_says_counts_and_out_of_order_the_least() -> None:
    time: Any = Still()
    quota = Quota(500, time)
    for _ in range(4):
        quota.take()
    quota.answered('"api";r=2;t=55', '"fixed window";"api";q=5;w=300', "api", 0)  # 3 are under way
    quota.answered('"api";r=4;t=55', None, "api", 0)
    quota.answered('"other";r=0;t=55', None, "api", 0)
    quota.answered("nonsense", "q=x", "api", 0)
    quota.take()
    assert time.seconds == 56.0
    for _ in range(4):
        quota.take()
    assert time.seconds == 56.0
    quota.take()
    assert time.seconds == 356.0


def test_a_refusal_stops_all() -> None:
    time: Any = Still()
    quota = Quota(500, time)
    quota.refused(7)
    quota.refused(3)
    quota.take()
    assert time.seconds == 7.0


@example(1, ["take", "take", "answer", "take", "answer", "take"], 3)
@given(
    st.integers(1, 30),
    st.lists(st.sampled_from(["take", "answer", "late"]), max_size=200),
    st.integers(0, 200),
)
def test_no_window_takes_more_than_its_quota(allowed: int, steps: list[str], ahead: float) -> None:
    """Against a server that counts in windows of its own, with answers that come late, windows late too."""
    time: Any = Still()
    time.seconds = float(ahead)
    quota = Quota(allowed, time)
    window, used, pending = 0, 0, []
    for step in steps:
        if step == "take":
            number = quota.take()
            if int(time.seconds // 300) != window:
                window, used = int(time.seconds // 300), 0
            used += 1
            assert used <= allowed
            left = int((window + 1) * 300 - time.seconds)
            pending.append((f'"api";r={allowed - used};t={left}', number))
        elif pending:
            said, number = pending.pop(0 if step == "answer" else -1)
            quota.answered(said, None, "api", number)


def test_ended_time_ends_waiting() -> None:
    time = Time()
    time.end()
    with pytest.raises(Stopped):
        time.wait(100)
