# SPDX-License-Identifier: MIT
"""The block that model cards carry, as YAML readers see it."""

from __future__ import annotations

import importlib
import math
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import co2lib
from co2lib import hub

FULL = {
    "emissions": 1710.0,
    "source": "co2lib",
    "training_type": "fine-tuning",
    "geographical_location": "Paris, France",
    "hardware_used": "1 x NVIDIA H200",
    "energy_consumed": 4.25,
    "hours_used": 12.5,
    "on_cloud": True,
    "cpu_model": "EPYC",
    "ram_total_size": 16.0,
    "method": "counter",
    "epochs": 3.0,
    "complete": False,
}
# YAML 1.1 takes such a word for a float, 1.2 too; an integer or a text would be something else to a reader.
YAML_FLOAT = re.compile(r"-?(?:[0-9]+\.[0-9]+|[0-9]\.[0-9]+e[-+][0-9]{2,3})")
UNESCAPED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\\.)*"')
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def read(yaml: str) -> dict[str, Any]:
    """Read what a block may look like, and nothing else."""
    assert yaml.endswith("\n")
    head, *lines = yaml[:-1].split("\n")
    assert head == "co2_eq_emissions:"
    values: dict[str, Any] = {}
    for line in lines:
        found = re.fullmatch(r'  (?P<key>[A-Za-z_]\w*|"(?:[^"\\]|\\.)*"): (?P<value>.*)', line)
        assert found is not None, line
        key = unquoted(found["key"]) if found["key"].startswith('"') else found["key"]
        assert key not in values
        values[key] = scalar(found["value"])
    return values


def scalar(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"'):
        return unquoted(text)
    assert YAML_FLOAT.fullmatch(text), text
    return float(text)


def unquoted(text: str) -> str:
    assert UNESCAPED.fullmatch(text), text
    return re.sub(
        r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))",
        lambda m: ESCAPES[m[3]] if m[3] else chr(int(m[1] or m[2], 16)),
        text[1:-1],
    )


def error_of(record: Any) -> str:
    with pytest.raises(ValueError, match=r"\[hub\.") as caught:
        hub.write_block(record)
    assert isinstance(caught.value, co2lib.Error)
    return caught.value.code


def test_a_mapping_becomes_a_block_in_the_order_of_the_card() -> None:
    shuffled = dict(sorted(FULL.items(), key=lambda item: item[0] in ("method", "epochs", "complete")))
    shuffled = {"ram_total_size": shuffled.pop("ram_total_size"), **shuffled}
    block = hub.write_block(shuffled)
    assert list(read(block.yaml)) == list(FULL)
    assert read(block.yaml) == FULL
    assert block.issues == []
    assert str(block) == block.yaml


def test_a_record_is_the_same_as_its_mapping() -> None:
    record = hub.CardRecord(emissions=1.5, source="co2lib", on_cloud=False, extra={"b": "x", "a": 2})
    assert record.to_dict() == {"emissions": 1.5, "source": "co2lib", "on_cloud": False, "b": "x", "a": 2.0}
    assert list(record.to_dict())[-2:] == ["b", "a"]
    assert record == hub.CardRecord.from_dict(record.to_dict())
    assert record == pickle.loads(pickle.dumps(record))
    assert record != hub.CardRecord(emissions=1.5)
    assert eval(repr(record), {"CardRecord": hub.CardRecord}) == record
    assert hub.write_block(record) == hub.write_block(record.to_dict())


def test_truth_values_stay_truth_values_and_integers_become_numbers() -> None:
    yaml = hub.write_block({"emissions": 2, "steps": 5, "resumed": True}).yaml
    assert yaml == "co2_eq_emissions:\n  emissions: 2.0\n  steps: 5.0\n  resumed: true\n"


def test_what_is_none_is_left_out() -> None:
    assert hub.write_block({"emissions": 1.0, "source": None, "mine": None}).yaml == (
        "co2_eq_emissions:\n  emissions: 1.0\n"
    )


@pytest.mark.parametrize("grams", [None, -1.0, -math.inf, math.inf, math.nan])
def test_emissions_must_be_an_amount(grams: float | None) -> None:
    assert error_of({"emissions": grams}) == "hub.card_negative_emissions"


def test_emissions_must_be_given() -> None:
    assert error_of({}) == "hub.card_negative_emissions"
    assert error_of(hub.CardRecord()) == "hub.card_negative_emissions"


@pytest.mark.parametrize(
    "more",
    [
        {"emissions": "5 kg"},
        {"emissions": True},
        {"energy_consumed": math.nan},
        {"hours_used": "3"},
        {"source": 3},
        {"on_cloud": "N"},
        {"mine": [1]},
        {"mine": {"a": 1}},
        {"mine": 1j},
        {"mine": math.inf},
        {"mine": 10**400},
        {"unit": "kg"},
        {"Emissions": 3.0},
        {"hardware used": "x"},
    ],
)
def test_wrong_values_are_named(more: dict[str, Any]) -> None:
    assert error_of({"emissions": 1.0, **more}) == "hub.bad_value"


def test_numpy_scalars_are_numbers() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    block = hub.write_block({"emissions": np.float64(2.5), "steps": np.int64(3), "done": np.True_})
    assert read(block.yaml) == {"emissions": 2.5, "steps": 3.0, "done": True}


@given(st.floats(min_value=0, allow_infinity=False))
def test_every_number_comes_back_as_it_was(grams: float) -> None:
    block = hub.write_block({"emissions": grams})
    assert read(block.yaml) == {"emissions": grams}
    misread = 0 < grams < 1e-4 or grams >= 1e16
    assert [issue.code for issue in block.issues] == ["hf_client_misreads"] * misread


@given(st.floats(min_value=1e-4, max_value=9.9e15))
def test_the_filter_of_the_hub_reads_the_others_right(grams: float) -> None:
    """The pattern of `emissions_thresholds` in huggingface_hub, on the number as written."""
    written = hub.write_block({"emissions": grams}).yaml.split("emissions: ")[1].strip()
    found = re.search(r"\d+\.\d+|\d+", written)
    assert found is not None
    assert float(found[0]) == grams


@given(st.text(), st.text(min_size=1))
def test_every_text_comes_back_as_it_was(text: str, key: str) -> None:
    record = {"emissions": 1.0, "source": text, "x" + key: text}
    assert read(hub.write_block(record).yaml) == record


@given(
    st.dictionaries(
        st.text(max_size=5), st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
    )
)
def test_a_yaml_reader_sees_the_same(extra: dict[str, Any]) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    fixed = {"emissions", *FULL} - {"method", "epochs", "complete"}
    extra = {k: v for k, v in extra.items() if k.lower().replace("-", "_") not in fixed | {"unit", "units"}}
    record = {"emissions": 1.5, "hardware_used": "a\u2028b\x85c: #", **extra}
    assert yaml.safe_load(hub.write_block(record).yaml)["co2_eq_emissions"] == record


def test_a_lone_surrogate_does_not_stop_the_card() -> None:
    assert read(hub.write_block({"emissions": 1.0, "source": "a\ud800b"}).yaml)["source"] == "a?b"


def test_hub_is_reached_from_the_package() -> None:
    assert co2lib.hub is importlib.import_module("co2lib.hub")
