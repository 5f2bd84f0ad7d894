# SPDX-License-Identifier: MIT
"""Documents in the formats of others: valid, read back, nothing private, and other libraries read them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import exchange, hub

CONTEXT = {
    "task": {
        "taskFamily": "chatbot",
        "algorithms": [{"algorithmType": "llm"}],
        "dataset": [{"dataUsage": "input", "dataType": "text", "dataQuantity": 1}],
    },
    "infrastructure": {"infraType": "onPremise", "components": [{"componentType": "cpu", "nbComponent": 1}]},
}
SPDX = {
    "model": "m",
    "version": "1",
    "supplier": "s",
    "download_location": "https://example.org/m",
    "released": "2026-03-02T00:00:00Z",
}


def footprint(
    energy: float = 5.4e6, grams: float | None = 74.61, embodied: float | None = None
) -> dict[str, Any]:
    return {
        "schema": "co2lib-footprint/1",
        "run_id": "r1",
        "complete": True,
        "start": "2026-03-01T08:00:00Z",
        "duration_s": 7200.0,
        "energy": {"value_j": energy, "interval_j": [energy * 0.9, energy * 1.1]},
        "facility": {"pue": 1.2},
        "operational": {"value_g": grams},
        "embodied": {"value_g": embodied},
        "location": "FRA",
        "methods": [{"method": "counter", "share": 1.0}],
        "context": {"host": "secret-node", "cpu_model": "EPYC"},
    }


sizes = st.floats(min_value=1e-9, max_value=1e14)


def documents(energy: float, grams: float | None, embodied: float | None) -> list[str]:
    run = exchange.disclosure(footprint(energy, grams, embodied), activity="inference", counts={"request": 5})
    written = [
        exchange.cyclonedx(run, model="m"),
        exchange.cyclonedx(run, model="m", spec_version="1.6", energy_source="wind", energy_provider="E"),
        exchange.spdx(run, **SPDX),
        exchange.boamps(run, CONTEXT),
    ]
    if grams is not None:
        written.append(exchange.sci_ai(run, unit="request", count=5).to_json())
    return written


@given(sizes, st.none() | sizes, st.none() | sizes)
@settings(max_examples=25, deadline=None)
def test_every_document_is_read_back(energy: float, grams: float | None, embodied: float | None) -> None:
    for document in documents(energy, grams, embodied):
        assert "secret" not in document
        (back,) = exchange.read(document)
        assert back.operational.grams == grams
        assert back.embodied.grams == embodied
        if exchange.format_of(document) != "sci-ai":
            assert back.energy.joules == energy


def test_every_document_fits_its_official_schema() -> None:
    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    pytest.importorskip("rfc3339_validator", reason="rfc3339-validator is not installed")
    for document in [*documents(1e-9, 1e-12, 2.0)[1:], documents(1e14, None, None)[0]]:
        assert exchange.validate(document) == []


def test_what_is_not_valid_is_said() -> None:
    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    pytest.importorskip("rfc3339_validator", reason="rfc3339-validator is not installed")
    run = exchange.disclosure(footprint(), activity="training")
    bom = json.loads(exchange.cyclonedx(run, model="m"))
    bom["version"] = "one"
    (fault,) = exchange.validate(bom)
    assert fault.startswith("/version: ")
    with pytest.raises(co2lib.Error, match=r"exchange\.bad_document"):
        exchange.validate({})


def test_what_misses_is_named_at_once() -> None:
    run = exchange.disclosure(footprint())
    with pytest.raises(co2lib.Error) as caught:
        exchange.spdx(run, model="m")
    assert caught.value.code == "exchange.missing_field"
    assert caught.value.details["fields"] == [
        "version",
        "supplier",
        "download_location",
        "released",
        "activity",
    ]


@pytest.mark.parametrize("activity", ["serving", "Training", ""])
def test_unknown_activities_are_refused(activity: str) -> None:
    with pytest.raises(ValueError, match=r"exchange\.bad_value"):
        exchange.disclosure(footprint(), activity=activity)


def test_a_footprint_of_a_run_is_a_disclosure() -> None:
    with co2lib.track(location="FRA") as run:
        pass
    bom = exchange.cyclonedx(exchange.disclosure(run.footprint, activity="training"), model="m", into=None)
    (back,) = exchange.read(bom)
    assert back.run_id == run.footprint.run_id
    assert back.operational.grams == run.footprint.operational.grams


def test_a_card_and_a_bom_are_compared() -> None:
    run = exchange.disclosure(footprint(), activity="training")
    bom = exchange.cyclonedx(run, model="m")
    card = hub.read_card(hub.update_card("# m\n", {"emissions": 74.61}))
    assert exchange.compare(card, bom).agree is True
    other = hub.read_card(hub.update_card("# m\n", {"emissions": 0.07461}))
    assert exchange.compare(other, bom).differences == ["operational_g"]


def test_scores_of_unlike_units_are_not_compared() -> None:
    run = exchange.disclosure(footprint(embodied=2.5), activity="inference")
    tokens = exchange.sci_ai(run, unit="token", count=1e6)
    assert str(tokens) == "77.11 g CO2e per 10^6 tokens (consumer)"
    assert tokens / exchange.sci_ai(run, unit="token", count=2e6) == pytest.approx(2)
    assert exchange.sci_ai(run, unit="token", count=2e6) < tokens
    with pytest.raises(co2lib.Error, match=r"exchange\.mixed_units"):
        _ = tokens / exchange.sci_ai(run, unit="image", count=1e6)
    unknown = exchange.sci_ai(exchange.disclosure(footprint(), activity="inference"), unit="token", count=1)
    assert unknown.g_per_unit is None
    assert unknown.issues == ["embodied_unknown"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["components", "modelCard", "energyConsumptions", "a"]), x, max_size=3
            )
        ),
        max_leaves=10,
    )
)
def test_user_text_never_makes_read_raise(value: Any) -> None:
    assert isinstance(exchange.read({"bomFormat": "CycloneDX", "components": value}), list)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1, "a": 2}', '{"bomFormat": NaN}', "[" * 200])
def test_what_is_no_document_is_said(text: str) -> None:
    with pytest.raises(co2lib.Error, match=r"exchange\.bad_document"):
        exchange.read(text)


def test_the_library_of_cyclonedx_takes_it() -> None:
    pytest.importorskip("cyclonedx", reason="cyclonedx-python-lib is not installed")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    run = exchange.disclosure(footprint(), activity="training")
    assert (
        JsonStrictValidator(SchemaVersion.V1_6).validate_str(
            exchange.cyclonedx(run, model="m", spec_version="1.6")
        )
        is None
    )


# ----------------------------------------------------------------------------------------------------------
# The short form, and documents that are made to grow
# ----------------------------------------------------------------------------------------------------------
def test_a_footprint_has_the_short_form() -> None:
    with co2lib.track(location="FRA") as run:
        pass
    made = run.footprint
    created = "2026-03-02T00:00:00Z"
    one = exchange.disclosure(made, activity="inference", counts={"request": 7})
    short = made.to_cyclonedx(activity="inference", counts={"request": 7}, model="m", created=created)
    assert short == exchange.cyclonedx(one, model="m", created=created)
    assert made.to_spdx(
        activity="inference", counts={"request": 7}, created=created, **SPDX
    ) == exchange.spdx(one, created=created, **SPDX)
    report = made.to_boamps(activity="inference", counts={"request": 7}, context=CONTEXT, created=created)
    assert report == exchange.boamps(one, CONTEXT, created=created)
    score = made.to_sci_ai(activity="inference", unit="token", count=1e6)
    assert score.to_json() == exchange.sci_ai(one, unit="token", count=1e6).to_json()
    with pytest.raises(co2lib.Error, match=r"exchange\.missing_field"):
        made.to_cyclonedx(activity="inference")
    with pytest.raises(co2lib.Error, match=r"exchange\.bad_value"):
        exchange.of_footprint("pdf", made)


def bom(entries: list[Any], name: str = "m", **more: Any) -> str:
    card = {"considerations": {"environmentalConsiderations": {"energyConsumptions": entries}}}
    return json.dumps({"bomFormat": "CycloneDX", "components": [{"name": name, "modelCard": card}], **more})


def spdx_of(*nodes: dict[str, Any]) -> str:
    return json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": list(nodes)})


@pytest.mark.parametrize(
    "document",
    [
        bom([{}] * 2000, "x" * 100_000),
        bom([], **{f"key{i}": 1 for i in range(2000)}),
        spdx_of(
            {"spdxId": "q", "ai_energyUnit": "kilowattHour", "ai_energyQuantity": "1.0"},
            {"spdxId": "e", "ai_trainingEnergyConsumption": ["q"] * 1000},
            *[{"type": "ai_AIPackage", "ai_energyConsumption": "e"}] * 1000,
        ),
        spdx_of(
            {"spdxId": "x", "extension_cdxProperty": [{"extension_cdxPropName": "a"}] * 3000},
            {"spdxId": "e"},
            *[{"type": "ai_AIPackage", "ai_energyConsumption": "e", "extension": "x"}] * 3000,
        ),
        json.dumps({"schema": "co2lib-sci-ai/1", "issues": ["a"] * 5000, "activities": [{}] * 5000}),
    ],
    ids=["name", "keys", "quantities", "extensions", "issues"],
)
def test_a_document_does_not_become_far_larger_than_it_is(document: str) -> None:
    with pytest.raises(
        co2lib.Error, match=r"(refers to its own parts|more than 1000 keys).*exchange\.bad_document"
    ):
        exchange.read(document)


def test_many_honest_entries_are_read_and_compared() -> None:
    entry = {"activityEnergyCost": {"value": 1.0, "unit": "kWh"}}
    runs = [
        {
            **entry,
            "activity": ("training", "inference")[i % 2],
            "properties": [{"name": "co2lib:run_id", "value": f"r{i}"}],
        }
        for i in range(400)
    ]
    a = exchange.read(bom(runs, "a rather long name of a model, as people write them" * 4))
    assert len(a) == 400
    same = exchange.compare(a, exchange.read(bom(runs[::-1])))
    assert (same.agree, same.unpaired) == (True, 0)
    without = [{**entry, "activity": "inference"}] * 300
    part = exchange.compare(a, exchange.read(bom(without)))
    assert part.unpaired == 200 + 100


def test_each_entry_is_paired_with_the_first_that_is_left() -> None:
    def entry(activity: str | None, run: str | None, kwh: float) -> dict[str, Any]:
        properties = [{"name": "co2lib:run_id", "value": run}] if run else []
        named = {"activity": activity} if activity else {}
        return {**named, "activityEnergyCost": {"value": kwh, "unit": "kWh"}, "properties": properties}

    a = exchange.read(
        bom([entry("training", None, 1.0), entry("training", "x", 2.0), entry("inference", "y", 3.0)])
    )
    b = exchange.read(
        bom([entry("training", "x", 2.0), entry("training", "z", 1.0), entry("inference", None, 3.0)])
    )
    found = exchange.compare(a, b)
    assert (found.agree, found.unpaired) == (True, 0)
    unknown = exchange.read(bom([entry(None, None, 1.0)]))
    assert exchange.compare(unknown, exchange.read(bom([entry("inference", "y", 1.0)]))).agree is None
    assert exchange.compare(unknown, exchange.read(bom([entry("design", "y", 1.0)]))).agree is True
