# SPDX-License-Identifier: MIT
"""Published systems, counted again: TinyML sensors, a video doorbell, the training of language models."""

from co2lib import embodied, inference

SYSTEM = {  # Pirson and Bol's blocks of a small sensor with a microcontroller (TinyML-Footprint, 996ac32)
    "casing": 1,
    "others": 0,
    "pcb": 0,
    "power_supply": 2,
    "processing": 0,
    "transport": 1,
    "user_interface": 1,
}
SENSING = {"keyword spotting": 1, "anomaly detection": 2, "image": 3}
PUBLISHED_KG = {
    ("keyword spotting", "low"): 0.89,
    ("keyword spotting", "mode"): 2.66,
    ("anomaly detection", "mode"): 2.67,
    ("image", "mode"): 3.41,
    ("image", "high"): 7.06,
}
TRAINING_KG, USE_KG = 0.10, 0.01
DOORBELL = {
    "casing": 2,
    "connectivity": 2,
    "memory": 2,
    "others": 2,
    "pcb": 1,
    "power_supply": 2,
    "processing": 1,
    "sensing": 3,
    "user_interface": 1,
}
RUNS = {  # LLMCarbon, data/database.csv (commit dbd96b7); billions of parameters and tokens
    "T5": (11.0, 11.0, 600.0, 0.545, 1.12, 512, 310, 123, 0.37, 46.7),
    "GPT-3": (175.0, 175.0, 300.0, 0.429, 1.1, 10000, 330, 125, 0.197, 552.1),
    "GShard": (619.0, 2.3, 1000.0, 0.177, 1.09, 1000, 288, 123, 0.39, 4.3),
    "Switch": (1500.0, 7.41, 2000.0, 0.33, 1.1, 1000, 245, 123, 0.28, 59.1),
    "XLM": (0.55, 0.55, 7000.0, 0.413, 1.1, 512, 342, 125, 0.212, 39.0),
}
XLM_HARDWARE = {  # LLMCarbon, data/hardware.csv: cm2 or GB of one, kg of each of these, how many
    "CPU": (1.47, 1.0, 64),
    "DRAM": (256.0, 0.4, 64),
    "SSD": (32768.0, 0.018, 64),
    "V100": (8.15, 1.2, 512),
    "others": (111.6, 1.2, 64),
}
XLM_DAYS, XLM_REPORTED_T = 20.4, 0.66


def tinyml() -> dict[tuple[str, str], float]:
    """Return kg of each system: hardware by its blocks, training and use."""
    found = {}
    for name, case in PUBLISHED_KG:
        levels = SYSTEM | {"sensing": SENSING[name]}
        hardware = embodied.hsl_total(levels, reading="pb", case=case)
        found[name, case] = hardware + TRAINING_KG + USE_KG
    return found


def doorbell() -> tuple[tuple[float, float, float], dict[float, inference.LifeInterval]]:
    """Return kg of making a video doorbell, and its five years on three grids (g/kWh)."""
    making = embodied.from_levels(DOORBELL).footprint(seed=1)
    if making.p50 is None or making.interval is None:
        raise ValueError("the footprint has no interval")
    value, low, high = (mass.kilograms for mass in (making.p50, making.interval.low, making.interval.high))
    lives = {
        ci: inference.lifetime(
            embodied_kg=(value, low, high), years=5, annual_energy_kwh=8.8, ci_g_per_kwh=ci
        )
        for ci in (50.0, 295.0, 700.0)
    }
    return (value, low, high), lives


def training() -> dict[str, inference.LlmFootprint]:
    """Return LLMCarbon's five training runs."""
    found = {}
    for run, (params, base, tokens, grid, pue, devices, power, peak, efficiency, actual) in RUNS.items():
        found[run] = inference.llm_train(
            params_b=params,
            base_params_b=base,
            tokens_b=tokens,
            ci_kg_per_kwh=grid,
            pue=pue,
            devices=devices,
            system_power_w=power,
            peak_tflops=peak,
            efficiency=efficiency,
            actual_t=actual,
        )
    return found


def xlm_hardware_t() -> float:
    """Return the share of its hardware that XLM's training used up, in t."""
    return sum(embodied.chip_list(XLM_HARDWARE, days=XLM_DAYS, lifetime_days=5 * 365).values())


def main() -> None:
    """Print all of them beside what was published."""
    print("system                     carbon, kg   published")
    for (name, case), kg in tinyml().items():
        print(f"{name + ', ' + case:26} {kg:9.2f} {PUBLISHED_KG[name, case]:11.2f}")
    (value, low, high), lives = doorbell()
    print(f"\nvideo doorbell: {value:.1f} kg to make it ({low:.1f} to {high:.1f}), published 19.2")
    for ci, life in lives.items():
        total, share = life.value.total_kg, life.value.operational_share
        print(f"  at {ci:3.0f} g/kWh {total:5.1f} kg in five years, {share:.0%} of it in use")
    print("\ntraining        carbon, t     reported")
    for run, footprint in training().items():
        print(f"{run:12} {footprint.carbon_t:12.1f} {RUNS[run][-1]:12.1f}")
    print(f"{'XLM hardware':12} {xlm_hardware_t():12.3f} {XLM_REPORTED_T:12.2f}")


if __name__ == "__main__":
    main()
