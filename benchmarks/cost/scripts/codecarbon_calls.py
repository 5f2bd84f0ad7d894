# SPDX-License-Identifier: MIT
"""The same calls of CodeCarbon, offline and without files; prints one JSON object."""

from __future__ import annotations

import json
import logging
import statistics
import time

clock = time.perf_counter_ns
start = clock()
from codecarbon import OfflineEmissionsTracker  # noqa: E402

result: dict[str, object] = {"import_s": (clock() - start) / 1e9}
logging.disable(logging.CRITICAL)
start = clock()
tracker = OfflineEmissionsTracker(country_iso_code="FRA", save_to_file=False, log_level="critical")
tracker.start()
tracker.stop()
result["first_start_stop_s"] = (clock() - start) / 1e9
tracker = OfflineEmissionsTracker(country_iso_code="FRA", save_to_file=False, log_level="critical")
taken = []
for i in range(200):
    start = clock()
    tracker.start_task(f"step {i}")
    tracker.stop_task(f"step {i}")
    taken.append((clock() - start) / 1e3)
taken.sort()
result["region"] = {"p50_us": statistics.median(taken), "p99_us": taken[len(taken) * 99 // 100]}
start = clock()
tracker.stop()
result["stop_p50_us"] = (clock() - start) / 1e3
print(json.dumps(result))
