# SPDX-License-Identifier: MIT
"""Price a run with a live grid, and say what answered. A function stands for the network here."""

from datetime import UTC, datetime, timedelta

import co2lib


def transport(request: co2lib.intensity.HttpRequest) -> tuple[int, dict[str, str], bytes]:
    """Answer as Great Britain's service would; leave it out to ask the service itself."""
    now = datetime.now(UTC)
    start = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    end = start + timedelta(minutes=30)
    body = (
        f'{{"data":[{{"from":"{start:%Y-%m-%dT%H:%MZ}","to":"{end:%Y-%m-%dT%H:%MZ}",'
        '"intensity":{"forecast":120,"actual":118,"index":"low"}}]}'
    )
    return 200, {"Content-Type": "application/json"}, body.encode()


grid = co2lib.intensity.neso_gb(transport=transport)
with co2lib.track(intensity=grid, location="GBR") as run, run.region("epoch"):
    sum(i * i for i in range(2_000_000))

print("energy", run.footprint.energy)
for part in run.footprint.origins:
    print(f"{part.origin}: {part.energy} gave {part.operational}")
