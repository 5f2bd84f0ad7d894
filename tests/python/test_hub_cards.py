# SPDX-License-Identifier: MIT
"""Cards as they are read, updated and rated from Python; hostile ones too."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import co2lib
from co2lib import hub


def test_a_card_is_read_and_says_its_doubts() -> None:
    card = hub.read_card('---\nco2_eq_emissions:\n  emissions: "1.5 kg"\n  gpu count: 2\n---\n')
    assert (card.status, card.grams, card.unit_source, card.raw) == ("ok", 1500.0, "explicit", "1.5 kg")
    assert card.extra == {"gpu count": "2"}
    assert {issue.code for issue in card.issues} == set(card.warnings)
    assert all(issue.text for issue in card.issues)
    assert pickle.loads(pickle.dumps(card)) == card
    assert "1500" in repr(card)


def test_every_warning_has_a_text() -> None:
    assert len(hub.card_warnings()) > 40
    assert all(hub.card_warnings().values())


@given(st.text() | st.binary())
@settings(max_examples=300)
def test_no_text_makes_a_reader_raise(text: str | bytes) -> None:
    card = hub.read_card(text)
    assert (card.grams is not None) == (card.status in ("ok", "ok_from_body"))
    hub.read_metadata(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_no_metadata_make_a_reader_raise(value: Any) -> None:
    card = hub.read_metadata({"co2_eq_emissions": value})
    assert (card.grams is not None) == (card.status == "ok")


@given(st.floats(min_value=0, allow_infinity=False), st.text(max_size=20), st.text())
def test_what_is_written_is_read(grams: float, source: str, body: str) -> None:
    body = body.replace("---", "")
    updated = hub.update_card(body, {"emissions": grams, "source": source})
    card = hub.read_card(updated)
    assert (card.status, card.grams) == ("ok", grams)
    assert "emissions_is_string" not in card.warnings
    assert hub.update_card(updated, {"emissions": grams, "source": source}) == updated
    assert updated.endswith(body)


def test_bytes_stay_bytes_and_no_byte_outside_changes() -> None:
    card = b"---\r\nlicense: mit\r\n---\r\n\xff\xfe</script>\r\n"
    updated = hub.update_card(card, hub.write_block({"emissions": 1.5}))
    assert updated == card[:19] + b"co2_eq_emissions:\r\n  emissions: 1.5\r\n" + card[19:]


def test_many_cards_are_read_as_one() -> None:
    texts = [f"---\nco2_eq_emissions: {i} g\n---\n" for i in range(300)] + ["---\nmisspelt: 1\n---\n"]
    assert hub.read_cards(texts, threads=2) == [hub.read_card(text) for text in texts]


@pytest.mark.parametrize(
    ("value", "read"),
    [("149.2 kg", 149.2), (1e-05, 1.0), ("-3.2", 3.2), (".5", 5.0), ({"source": "x"}, None)],
)
def test_what_the_filter_of_the_hub_makes_of_it(value: Any, read: float | None) -> None:
    assert hub.hub_reader_grams(value) == read


def test_classes_of_cards() -> None:
    card = hub.read_card("---\nco2_eq_emissions:\n  emissions: 5\n  hardware_used: 1 x T4\n---\n")
    assert hub.report_class(card) == (3, "awareness")
    assert hub.report_class(card, tags=["Pruned "]) == (4, "optimization")
    assert hub.report_class(card, tags=["pruned", "my cert"], certification_tag="my-cert") == (5, "certified")
    assert hub.report_class(hub.read_card("# x")) == (0, "unknown")
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.report_class(card, context="none")


def test_labels_of_one_and_of_many() -> None:
    label = hub.label_one({"co2_eq_emissions": 50.0, "downloads": None})
    assert (label.label, label.mean, label.ratings["downloads"]) == ("A", 0.0, None)
    text = hub.label_text(label)
    assert "distilgpt2" in text
    assert "missing: " in text
    assert "reuse" in text
    with pytest.raises(co2lib.Error, match=r"hub\.unknown_preset"):
        hub.label_one({}, "nothing")
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    table = pandas.DataFrame(
        {"id": ["a", "b", "c"], "co2_eq_emissions": [50.0, None, 5000.0], "downloads": [1, 2, 3]}
    )
    labelled = hub.label(table)
    assert list(labelled["label"]) == ["C", "E", "E"]
    assert labelled.loc[1, "co2_eq_emissions_rating"] is pandas.NA
    fitted = hub.fit(table, reference="a")
    assert fitted.population == 3
    with pytest.raises(co2lib.Error, match=r"hub\.bad_reference"):
        hub.fit(table, reference="nobody")


def test_the_study_s_own_figures_of_distilgpt2_give_its_letter() -> None:
    # The reference of the study: 2.625, an unrounded D (docs/hub.md, The study).
    grams, weights, data = 149200.0, 352833716, 39769491688
    row = {
        "modelId": "distilgpt2",
        "co2_eq_emissions": grams,
        "size_efficency": weights / grams,
        "datasets_size_bytes": data,
        "downloads": 1105785,
    }
    given = {"size_efficiency": weights / grams, "datasets_size_efficiency": data / grams}
    label = hub.label_one({"co2_eq_emissions": grams, "downloads": 1105785.0, **given})
    assert (label.label, label.mean) == ("D", 2.625)
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = hub.label([row, {**row, "modelId": "none", "co2_eq_emissions": None}])
    assert list(table["label"]) == ["D", "B"]
    assert table.loc[0, "mean"] == 2.625
    assert table.loc[0, "datasets_size_efficiency_index"] == label.index["datasets_size_efficiency"]
    assert math.isnan(table.loc[1, "datasets_size_efficiency_index"])
    fitted = hub.fit([row], reference="distilgpt2")
    assert {m.name: m.reference for m in fitted.metrics}["datasets_size_efficiency"] == data / grams


def test_how_sure_a_letter_is() -> None:
    sure = hub.letter_probabilities({"co2_eq_emissions": 208.0}, {"co2_eq_emissions": (170.0, 250.0)})
    assert sure.verdict == "A/B undecided"
    assert math.isclose(sum(sure.probability.values()), 1)
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.letter_probabilities({"co2_eq_emissions": 5.0}, {"co2_eq_emissions": (6.0, 7.0)})


def test_a_badge_is_valid_xml() -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(hub.badge("A/B undecided", '<b> & "x"'))
    assert root.tag.endswith("svg")


# ----------------------------------------------------------------------------------------------------------
# The study
# ----------------------------------------------------------------------------------------------------------
def study_table() -> Any:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("scipy", reason="SciPy is not installed")
    rows = []
    for i in range(240):
        reports = i % 4 == 0
        rows.append(
            {
                "created_at": f"2022-{i % 12 + 1:02d}-03T10:00:00Z",
                "status": "ok" if reports else "missing",
                "grams": float(i % 17 + 1) * (12 - i % 12) if reports else None,
                "auto": i % 8 == 0,
                "domain": "NLP" if i % 3 else "Computer Vision",
                "accuracy": (i * 37 % 100) / 100,
                "training_class": "pre-training" if i % 5 else "fine-tuning",
                "size_pytorch_bin_bytes": 1e6 * (i % 17 + 1),
                "datasets_size_bytes": None,
            }
        )
    return pandas.DataFrame(rows)


def test_reporting_over_time() -> None:
    table = study_table()
    months, trends = hub.rq1(table, first="2022-01", last="2022-12")
    assert list(months["models"]) == [20] * 12
    assert months["reporting"].sum() == 60
    assert list(trends["test"]) == [
        "slope of the monthly reporting ratio",
        "slope of the monthly median emission",
    ]
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.rq1(table.drop(columns="grams"))
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.rq1(table, first="yesterday")


def test_the_fourteen_tests() -> None:
    found = hub.rq2(study_table(), first="2022-01", last="2022-12")
    assert len(found) == 14
    by_name = found.set_index("test")
    size = by_name.loc["log emissions and log model size"]
    assert size["n"] == 30
    assert 0 < size["p"] <= size["holm_p"] <= 1
    nothing = by_name.loc["log emissions and log dataset size"]
    assert nothing["p"] is None
    assert nothing["holm_p"] is None
    groups = by_name.loc["computer vision against NLP"]
    assert groups["low"] <= groups["high"]
    again = hub.rq2(study_table(), first="2022-01", last="2022-12")
    assert again.equals(found)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_never_below_p_and_keeps_its_order(p: list[float]) -> None:
    adjusted, rejected = hub.holm(p)
    assert all(a >= x for a, x in zip(adjusted, p, strict=True))
    order = sorted(range(len(p)), key=lambda i: p[i])
    assert all(adjusted[a] <= adjusted[b] for a, b in itertools.pairwise(order))
    assert rejected == [a <= 0.05 for a in adjusted]


def test_undefined_tests_have_none() -> None:
    pytest.importorskip("scipy", reason="SciPy is not installed")
    assert hub.pearson([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) == (None, None, 3)
    assert hub.spearman([1.0, 2.0], [1.0, 2.0]).p is None
    assert hub.trend([1.0, 2.0]) == (None, None, None)
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.holm([0.1, math.nan])


# ----------------------------------------------------------------------------------------------------------
# Comments and code blocks in the text of a card: whichever opens first wins
# ----------------------------------------------------------------------------------------------------------
STATED = "Carbon Emitted: 7 g"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (STATED, True),
        (f"<!-- {STATED} -->", False),
        (f"<!-- x -->{STATED}", True),
        (f"<!--<!-- --><!---->{STATED}", True),
        (f"<!-- x\n{STATED}\n-->", False),
        (f"<!-- x\n-->\n{STATED}", True),
        (f"<!-- x\n-->{STATED}", True),
        (f"<!-- x\n--><!--\n{STATED}-->", False),
        (f"<!-- open\n{STATED}", False),
        (f"<!-->\n{STATED}", False),
        (f"```\n{STATED}\n```", False),
        (f"```\n```\n{STATED}", True),
        (f"~~~~\n```\n{STATED}\n~~~~", False),
        (f"````\n```\n{STATED}", False),
        (f"    ```\n{STATED}", True),
        (f"```\n<!--\n```\n{STATED}", True),
        (f"<!--\n```\n-->\n{STATED}", True),
        (f"```\n<!--\n```\n<!--\n{STATED}\n-->", False),
        (f"x <!-- --> y <!--\n-->\n```\n{STATED}", False),
        (f"~~~ <!--\n~~~\n{STATED}", True),
    ],
)
def test_what_is_hidden_is_not_read(text: str, seen: bool) -> None:
    for ends in ("\n", "\r\n", "\r"):
        card = hub.read_card("# Model\n\n".replace("\n", ends) + text.replace("\n", ends))
        assert card.grams == (7.0 if seen else None), repr(text)


def test_co_2_in_the_value_does_not_hide_its_label() -> None:
    assert hub.read_card("CO_2 emissions: 3 kg CO_2").grams == 3000.0
    assert hub.read_card("CO2 emissions (CO_2): 3 kg of CO_2e").grams == 3000.0


def test_words_for_co2_before_a_note_are_no_unit() -> None:
    assert hub.read_card("Carbon Emitted: 5 CO2 eq (kg)").grams == 5000.0
    assert hub.read_card("Carbon Emitted: 5 carbon dioxide equivalent (kg)").grams == 5000.0
    assert hub.read_card("Carbon Emitted: 5 co2 of x (kg)").grams is None


def test_anchors_inside_of_anchors_are_limited() -> None:
    deep = "".join(f"&a{i} [" for i in range(60)) + "1," * 5000 + "1" + "]" * 60
    card = hub.read_card(f"---\na: {deep}\nco2_eq_emissions: 5\n---\n")
    assert (card.status, card.warnings) == ("invalid", ["yaml_error"])
    assert hub.read_card("---\na: &a {b: &b [1, 2]}\nc: *b\nco2_eq_emissions: 5\n---\n").grams == 5.0


def test_an_extra_key_that_is_there_twice_is_refused() -> None:
    record = {"emissions": 1.0, **{f"key {i}": "x" for i in range(3000)}}
    assert hub.read_card(hub.update_card("", record)).extra == {f"key {i}": "x" for i in range(3000)}


@given(
    st.text(alphabet="ab:=<!->`~\n\r (g)5Carbon Emitted", max_size=60), st.booleans(), st.floats(0.01, 1e6)
)
@settings(max_examples=150)
def test_bytes_outside_of_the_block_never_change(text: str, metadata: bool, grams: float) -> None:
    card = f"---\nlicense: mit\n---\n{text}" if metadata else text
    block = hub.write_block({"emissions": grams}).yaml
    try:
        updated = hub.update_card(card, block)
    except co2lib.Error:
        return
    assert hub.update_card(updated, block) == updated
    assert hub.read_card(updated).grams == grams
    (ends,) = [e for e in ("\n", "\r\n", "\r") if block.replace("\n", e) in updated]
    without = updated.replace(block.replace("\n", ends), "", 1)
    assert without in (card, f"---{ends}---{ends}{card}")


def test_least_squares_with_one_variable_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    x = [1.0, 2.0, 4.0, 7.0, 8.0, 11.0]
    y = [2.0, 1.5, 4.0, 3.0, 6.0, 5.5]
    found = hub.least_squares(y, {"x": x})
    line = stats.linregress(x, y)
    assert found.coefficients["x"] == pytest.approx(line.slope, rel=1e-12)
    assert found.coefficients["intercept"] == pytest.approx(line.intercept, rel=1e-12)
    assert found.p["x"] == pytest.approx(line.pvalue, rel=1e-10)
    assert found.r_squared == pytest.approx(line.rvalue**2, rel=1e-12)
    assert hub.least_squares(y, {"x": x, "twice": [2 * v for v in x]}) is None
    assert hub.least_squares([1.0], {"x": [1.0]}) is None
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.least_squares(y, {"x": x[1:]})
    with pytest.raises(co2lib.Error, match=r"hub\.bad_value"):
        hub.least_squares(y, {"x": [math.nan] * 6})


def test_what_drives_emissions() -> None:
    table = study_table()
    found = hub.drivers(table).set_index("term")
    assert list(found.index) == ["intercept", "is_nlp", "is_cv", "ln_size"]
    assert found.loc["is_nlp", "coefficient"] is None  # all models of the table are of one of two domains
    table.loc[table.index % 8 == 4, "domain"] = "Audio"
    found = hub.drivers(table).set_index("term")
    assert 0 <= found.loc["ln_size", "p"] <= 1
    assert (found["n"] == 60).all()
    assert 0 <= found.loc["is_cv", "r_squared"] <= 1
    with pytest.raises(co2lib.Error, match=r"size_pytorch_bin_bytes.*hub\.bad_value"):
        hub.drivers(table.drop(columns="size_pytorch_bin_bytes"))
