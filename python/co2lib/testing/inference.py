# SPDX-License-Identifier: MIT
"""Adapters of the `inference.*` vectors."""

from __future__ import annotations

import itertools
import math
from typing import Any

from co2lib import inference
from co2lib._errors import BadValueError
from co2lib.testing._adapter import Adapter, Answer, Fields, registrar

KINDS: dict[str, Adapter] = {}
kind = registrar(KINDS)

OUT_OF_RANGE = "inference.out_of_range"
STEP = ("weight_bytes", "flops", "kv_bytes", "layers", "batch")


def _fields(given: dict[str, Any]) -> Fields:
    return Fields(given, OUT_OF_RANGE)


def _given(fields: Fields, *names: str) -> dict[str, Any]:
    """Return the numbers that are given, by name."""
    return {name: x for name in names if (x := fields.number(name, None)) is not None}


def _needed(fields: Fields, *names: str) -> dict[str, float]:
    return {name: fields.number(name) for name in names}


def _config(given: dict[str, Any]) -> inference.KernelConfig:
    return inference.kernel_config({key: value for key, value in given.items() if key != "kind"})


@kind("inference.kernel.canonical")
def _canonical(given: dict[str, Any]) -> Answer:
    return {"kernel": inference.kernel_name(_fields(given).text("name"))}


@kind("inference.flops")
def _flops(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    flops, params = inference.flops(f.text("kernel"), **_given(f, "hw", "cin", "cout", "k", "s"))
    return {"flops": flops, "params": params}


@kind("inference.features.base")
def _base(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    return {
        "features": inference.base_features(
            f.text("kernel"),
            **_given(f, "hw", "cin", "cout", "k", "s"),
            cins=f.numbers("cins", []),
            style=f.text("style", "builder"),
        )
    }


@kind("inference.features.ext")
def _ext(given: dict[str, Any]) -> Answer:
    features = inference.features(_config(given))
    names = ("ops", "macs", "bytes_w", "bytes_in", "bytes_out", "ai", "util", "vector")
    return {name: getattr(features, name) for name in names}


def _roof(f: Fields) -> dict[str, float]:
    return {
        **_needed(f, "peak_ops", "bandwidth"),
        **_given(f, "efficiency", "p_static_w", "e_op_j", "e_byte_j", "t0_s"),
    }


@kind("inference.roofline")
def _roofline(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    r = inference.roofline(f.number("ops"), f.number("bytes"), **_roof(f))
    return {"time_s": r.time_s, "energy_j": r.energy_j, "bound": r.bound}


@kind("inference.sim.device")
def _simulated(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    s = inference.simulate(f.text("device"), [_config(kernel) for kernel in f.list("kernels")])
    return {"latency_us": s.latency_us, "energy_mj": s.energy_mj, "kernel_latency_us": s.kernel_latency_us}


@kind("inference.duty_cycle")
def _duty(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    extra = [
        tuple(_fields(event).number(name) for name in ("n", "e_mj", "t_s")) for event in f.list("extra", [])
    ]
    energy = inference.duty_cycle(
        **_needed(f, "period_s", "n_inferences", "e_inf_mj", "t_inf_s", "p_sleep_w", "ci_g_per_kwh"),
        **_given(f, "p_idle_w", "t_idle_s", "efficiency"),
        sleep=f.text("sleep", "residual"),
        extra=extra,
    )
    names = ("inference_wh", "extra_wh", "idle_wh", "sleep_wh", "total_wh", "average_w", "carbon_g")
    return {name: getattr(energy, name) for name in names}


@kind("inference.break_even")
def _break_even(given: dict[str, Any]) -> Answer:
    return {
        "inferences": inference.break_even(
            **_needed(_fields(given), "embodied_kg", "e_inf_mj", "ci_g_per_kwh")
        )
    }


@kind("inference.battery.life")
def _battery(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    life = inference.battery_life(
        **_needed(f, "battery_j", "average_w", "years"), **_given(f, "usable", "efficiency")
    )
    return {"days": life.days, "count": int(life.count)}


@kind("inference.mcu.table")
def _mcu(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    boards = f.list("boards", None)
    if boards is not None and not boards:
        raise BadValueError(OUT_OF_RANGE, "boards: there is none")
    count, mj, us = inference.mcu_sums(f.text("workload"), boards or [])
    return {"count": count, "sum_mj": mj, "sum_us": us}


@kind("inference.table.sum")
def _sum(given: dict[str, Any]) -> Answer:
    values = _fields(given).numbers("values")
    if not values or not all(math.isfinite(value) for value in values):
        raise BadValueError(OUT_OF_RANGE, "values: expected finite numbers, at least one")
    return {"total": math.fsum(values)}


def _run(given: dict[str, Any], infer: bool) -> Answer:
    f = _fields(given)
    run = (inference.llm_infer if infer else inference.llm_train)(
        **_needed(
            f,
            "params_b",
            "tokens_b",
            "ci_kg_per_kwh",
            "pue",
            "devices",
            "system_power_w",
            "peak_tflops",
            "efficiency",
        ),
        **_given(f, "base_params_b", "actual_t"),
    )
    answer = {name: getattr(run, name) for name in ("flops", "days", "energy_mwh", "carbon_t")}
    return answer if run.delta is None else {**answer, "delta": run.delta}


@kind("inference.llm.train")
def _train(given: dict[str, Any]) -> Answer:
    return _run(given, infer=False)


@kind("inference.llm.infer")
def _infer(given: dict[str, Any]) -> Answer:
    return _run(given, infer=True)


@kind("inference.llm.plan")
def _plan(given: dict[str, Any]) -> Answer:
    plan = inference.llm_plan(**_needed(_fields(given), "params_b", "node_size", "mem_gb"))
    return {
        "tensor": int(plan.tensor),
        "pipeline": int(plan.pipeline),
        "gpus": plan.gpus,
        "batch": plan.batch,
        "tflops_per_gpu": plan.tflops_per_gpu,
    }


@kind("inference.transformer.params")
def _params(given: dict[str, Any]) -> Answer:
    return {
        "params": inference.transformer_params(**_needed(_fields(given), "layers", "hidden", "vocab", "seq"))
    }


@kind("inference.transformer.flops")
def _transformer(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    forward, train, recompute = inference.transformer_flops(
        **_needed(f, "layers", "hidden", "vocab", "seq"), batch=f.number("batch", 1)
    )
    return {"forward": forward, "train": train, "train_recompute": recompute}


@kind("inference.decode")
def _decode(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    step = inference.decode(
        **_needed(f, "params", "layers", "hidden", "kv_heads", "head_dim", "context", "w_bits", "kv_bits"),
        **_given(f, "batch"),
    )
    answer: Answer = {name: getattr(step, name) for name in ("flops", "bytes_weights", "bytes_kv", "ai")}
    device = f.object("device", None)
    if device is not None:
        r = inference.roofline(step.flops, step.bytes_weights + step.bytes_kv, **_roof(_fields(device)))
        answer |= {"time_s": r.time_s, "energy_j": r.energy_j, "bound": r.bound}
    return answer


@kind("inference.prefill")
def _prefill(given: dict[str, Any]) -> Answer:
    return {
        "flops": inference.prefill_flops(**_needed(_fields(given), "params", "layers", "hidden", "tokens"))
    }


@kind("inference.decode.linear")
def _decode_linear(given: dict[str, Any]) -> Answer:
    names = ("a", "b", "c", "prompt_tokens", "new_tokens")
    return {"energy_j": inference.decode_linear_j(**_needed(_fields(given), *names))}


def _points(f: Fields) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = f.list("points")
    for point in points:
        _needed(_fields(point), *STEP, "energy_j")
    return points


@kind("inference.llm.fit")
def _fit(given: dict[str, Any]) -> Answer:
    answer: Answer = inference.fit_llm(_points(_fields(given)))
    return answer


@kind("inference.llm.predict")
def _predict(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    at = f.object("at")
    _needed(_fields(at), *STEP)
    answer: Answer = inference.predict_llm(_points(f), at, alpha=f.number("alpha", 0.1))
    return answer


@kind("inference.llm.split")
def _split(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    coefficients = inference.LlmCoefficients(**_needed(_fields(f.object("coefficients")), *STEP))
    requests = [
        tuple(_fields(request).number(name) for name in ("tokens", "flops", "kv_bytes"))
        for request in f.list("requests")
    ]
    parts, idle = inference.llm_split(
        coefficients,
        requests,
        **_needed(f, "weight_bytes", "layers", "energy_j"),
        idle_j=f.number("idle_j", 0),
    )
    return {"energy_j": parts, "idle_j": idle}


@kind("inference.metrics.regression")
def _metrics(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    m = inference.regression_metrics(f.numbers("true"), f.numbers("pred"))
    return {name: getattr(m, name) for name in ("rmse", "rmspe_percent", "nrmse", "acc5", "acc10", "acc15")}


@kind("inference.forest.predict")
def _forest(given: dict[str, Any]) -> Answer:
    f = Fields(given, "inference.bad_model")
    return {"prediction": inference.parse_forest(f.object("forest")).predict(f.numbers("x"))}


@kind("inference.lifetime")
def _lifetime(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    life = inference.lifetime(
        **_needed(f, "embodied_kg", "years", "annual_energy_kwh", "ci_g_per_kwh"),
        **_given(f, "truncation", "battery_kg", "battery_years", "eol_kg"),
    ).value
    names = ("embodied_kg", "operational_kg", "batteries_kg", "total_kg", "kg_per_year", "operational_share")
    return {name: getattr(life, name) for name in names}


@kind("inference.cpu.power")
def _cpu_power(given: dict[str, Any]) -> Answer:
    return {"power_w": inference.cpu_power_w(**_needed(_fields(given), "a", "b", "c", "d", "load_percent"))}


@kind("inference.graph.kernels")
def _kernels(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    graph = inference.parse_graph(Fields(given, "inference.bad_graph").object("graph"))
    rules = f.any("rules")
    if not isinstance(rules, str) and not (
        isinstance(rules, list)
        and all(isinstance(rule, list) and all(isinstance(op, str) for op in rule) for rule in rules)
    ):
        raise BadValueError(OUT_OF_RANGE, "rules: expected a name or a list of lists of operators")
    kernels = graph.kernels(rules)
    return {"kernels": [k.name for k in kernels], "nodes": [k.nodes for k in kernels]}


@kind("inference.property.monotone")
def _monotone(given: dict[str, Any]) -> Answer:
    f = _fields(given)
    operation, vary, output = f.text("op"), f.text("vary"), f.text("output")
    if operation not in KINDS or operation == "inference.property.monotone":
        raise BadValueError(OUT_OF_RANGE, f"op: {operation!r} is not an operation of inference")
    results = [KINDS[operation]({**f.object("base"), vary: value})[output] for value in f.list("values")]
    pairs = list(itertools.pairwise(results))
    if all(a == b for a, b in pairs):
        return {"direction": "constant"}
    if all(a < b for a, b in pairs):
        return {"direction": "increasing"}
    return {"direction": "decreasing" if all(a > b for a, b in pairs) else "none"}
