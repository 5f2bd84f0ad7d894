# SPDX-License-Identifier: MIT
"""What a network costs on a device before it runs: precisions, boards that sleep, what a better one saves."""

from co2lib import inference

BOARDS = {  # kg CO2e of making each, MicroGreen's board totals
    "esp32": 0.214348,
    "esp32c6": 0.197397,
    "esp32s3": 0.262547,
    "nrf52840": 0.175342,
    "rp2040": 0.323687,
    "rp2350": 0.387344,
    "stm32f411": 0.452789,
}
YEAR_S = 365 * 86400


def network(width: int) -> inference.Graph:
    """Return a small network of convolutions, each `width` channels wide."""
    nodes, shapes, last, size = [], {"image": [1, 3, 96, 96]}, "image", 96
    for i in range(4):
        size //= 2
        attrs = {"k": 3, "s": 2, "pad": 1, "cout": width << i}
        for name, op in ((f"conv{i}", "conv"), (f"bn{i}", "bn"), (f"relu{i}", "relu")):
            nodes.append({"name": name, "op": op, "inputs": [last], "attrs": attrs if op == "conv" else {}})
            shapes[name] = [1, width << i, size, size]
            last = name
    nodes.append({"name": "pool", "op": "global-avgpool", "inputs": [last]})
    shapes["pool"] = [1, width << 3, 1, 1]
    nodes.append({"name": "fc", "op": "fc", "inputs": ["pool"], "attrs": {"cout": 10}})
    return inference.parse_graph({"nodes": nodes, "outputs": ["fc"], "shapes": shapes})


def quantisation() -> None:
    """One network in four precisions: bytes fall with the bits, energy with both."""
    graph, device = network(32), inference.Device.named("sim-npu")
    print("precision   ms      mJ      MB")
    for precision in ("fp32", "fp16", "int8", "int4"):
        p = device.predict(graph, precision=precision)
        traffic = sum(inference.features(kernel.config).bytes for kernel in p.kernels)
        ms, mj = (p.latency.seconds or 0) * 1e3, (p.energy.joules or 0) * 1e3
        print(f"{precision:9} {ms:6.4f}  {mj:6.4f}  {traffic / 1e6:6.3f}")


def boards() -> None:
    """Visual wake words once a minute for a year: on most boards sleep decides."""
    print("\nboard       mJ each  Wh infer  Wh sleep  break-even")
    for board, embodied_kg in BOARDS.items():
        row, sleep = inference.mcu_row(board, "ppd-l"), inference.mcu_sleep_w(board)
        if row.energy_mj is None or row.time_us is None or sleep is None:
            continue
        year = inference.duty_cycle(
            period_s=YEAR_S,
            n_inferences=YEAR_S / 60,
            e_inf_mj=row.energy_mj,
            t_inf_s=row.time_us / 1e6,
            p_sleep_w=sleep,
            ci_g_per_kwh=380,
        )
        even = inference.break_even(embodied_kg=embodied_kg, e_inf_mj=row.energy_mj, ci_g_per_kwh=380)
        mark = "  sleep decides" if year.sleep_decides else ""
        used = f"{year.inference_wh:9.2f} {year.sleep_wh:9.1f}"
        print(f"{board:10} {row.energy_mj:8.1f} {used} {even:11.3g}{mark}")


def payback() -> None:
    """When does the camera that needs less energy pay back its making?"""
    found = inference.payback(
        embodied_kg=(5.3, 4.8, 6.0),
        annual_energy_kwh=8.8,
        better_embodied_kg=(7.0, 6.4, 7.9),
        better_annual_energy_kwh=4.0,
        ci_g_per_kwh=(295, 250, 340),
    )
    print(f"\nthe better camera pays back its carbon after {found.years:.1f} years", end="")
    print(f" ({found.low_years:.1f} to {found.high_years:.1f})" if found.high_years else "")


quantisation()
boards()
payback()
