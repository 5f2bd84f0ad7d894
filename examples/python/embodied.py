# SPDX-License-Identifier: MIT
"""Carbon in the hardware of a camera: its range, what drives it, and whether another memory is better."""

from co2lib import embodied


def camera(memory: str) -> embodied.Bom:
    """Return the bill of materials of a camera with 1 GB of a memory."""
    return embodied.parse(
        {
            "schema": "carbon-bom/1",
            "name": "camera",
            "truncation": {"value": 1.4, "low": 1.0, "high": 2.0},
            "lifetime_years": 5,
            "parts": [
                {"id": "soc", "class": "ic.logic", "area": "60 mm2", "node": "14nm", "fab_ci": "taiwan"},
                {"id": "dram", "class": "ic.dram", "capacity": "1 GB", "process": memory},
                {"id": "board", "class": "pcb", "area": "40 cm2", "layers": 6},
                {
                    "id": "case",
                    "class": "material.abs",
                    "mass": {"value": "50 g", "low": "40 g", "high": "70 g"},
                },
            ],
        }
    )


first = camera("dram.act.ddr4_10nm")
footprint = first.footprint(seed=1)
print(f"embodied carbon: {footprint.bounds}, likely {footprint.interval}")
for use in footprint.ranked[:3]:
    print(f"  {use.factor.id}: swing {use.swing_kg:+.2f} kg, {use.factor.source}")

other = embodied.compare(first, camera("dram.act.lpddr4"), seed=1)
print(f"against another memory: {other.verdict}, P(first is lower) = {other.p_a_lower:.2f}")

# Which node and which memory are worth building, if the delay in ms counts too?
DELAYS = {"28nm": 40.0, "14nm": 25.0, "7nm": 18.0}
space = embodied.explore(
    first,
    {"soc.node": list(DELAYS), "dram.capacity": ["1 GB", "2 GB"]},
    figure=lambda given: DELAYS[given["soc.node"]] / (1.2 if given["dram.capacity"] == "2 GB" else 1.0),
)
print(f"{len(space.front)} of {len(space)} variants are worth building:")
for point in space.front:
    node, memory = (axis.values[i].strip('"') for axis, i in zip(space.axes, point.choice, strict=True))
    print(f"  {node}, {memory}: {point.value}, {point.figure:.1f} ms")
