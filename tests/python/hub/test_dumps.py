# SPDX-License-Identifier: MIT
"""Tables that others have made: the same rows from every form, in one process and over Dask."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib import hub

pandas = pytest.importorskip("pandas", reason="needs pandas")
pytest.importorskip("pyarrow", reason="needs pyarrow")

CARDS = [
    "---\nco2_eq_emissions: 12.5\n---\n",
    '---\nco2_eq_emissions: "1.5 kg"\n---\n# x, "y"\n',
    "# nothing\n\n- **Carbon Emitted:** 7 g\n",
    "---\r\nco2_eq_emissions:\r\n  emissions: 3\r\n  hardware_used: T4\r\n---\r\n</script>",
    "",
]


def rows(count: int = 40) -> list[dict[str, Any]]:
    return [
        {
            "modelId": f"a/m{(i * 7) % count:03}",
            "createdAt": f"2022-{i % 12 + 1:02d}-03T10:00:00.000Z",
            "downloads": i,
            "likes": 3,
            "pipeline_tag": "text-classification",
            "tags": ["co2_eq_emissions", "autotrain"] if i % 2 else ["it's"],
            "card": CARDS[i % len(CARDS)],
        }
        for i in range(count)
    ]


def write(folder: Path, form: str, of: list[dict[str, Any]]) -> Path:
    file = folder / f"dump.{form}"
    lines = "".join(json.dumps(row) + "\n" for row in of)
    if form == "parquet":
        pandas.DataFrame(of).to_parquet(file, row_group_size=7)
    elif form == "csv":
        pandas.DataFrame(of).to_csv(file, index=False)
    elif form.endswith(".gz"):
        file.write_bytes(gzip.compress(lines.encode()))
    else:
        file.write_text(lines)
    return file


def test_every_form_gives_the_same_table(tmp_path: Path) -> None:
    tables = [
        hub.read_dump(write(tmp_path, form, rows())) for form in ("parquet", "csv", "jsonl", "jsonl.gz")
    ]
    first = tables[0]
    for table in tables[1:]:
        pandas.testing.assert_frame_equal(table, first)
    assert list(first["id"]) == sorted(row["modelId"] for row in rows())
    by_id = first.set_index("id")
    assert by_id.loc["a/m000", "grams"] == 12.5
    assert by_id.loc["a/m007", "grams"] == 1500.0
    assert by_id.loc["a/m014", "status"] == "ok_from_body"
    assert by_id.loc["a/m021", "report_class"] == 3
    assert bool(by_id.loc["a/m007", "auto"])
    assert list(by_id.loc["a/m014", "tags"]) == ["it's"]
    assert list(hub.label(first)["label"]) == list(first["label"])


def test_dask_gives_the_same_table(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed]")
    for form in ("parquet", "jsonl"):
        write(tmp_path, form, rows())
    here = hub.read_dump(tmp_path)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as two,
        distributed.Client(two) as client,
    ):
        pandas.testing.assert_frame_equal(hub.read_dump(tmp_path, scheduler=client), here)
    pandas.testing.assert_frame_equal(hub.read_dump(tmp_path, scheduler="synchronous"), here)


def test_metadata_of_the_hubs_api_are_read_in_every_form(tmp_path: Path) -> None:
    of = [
        {
            "id": "a/map",
            "cardData": {"co2_eq_emissions": {"emissions": 5, "source": "codecarbon"}, "license": "mit"},
        },
        {"id": "a/none", "cardData": {"license": ["mit", "apache-2.0"]}},
        {"id": "a/other", "cardData": {"co2_eq_emissions": {"emissions": 7.5}}},
    ]
    lines = hub.read_dump(write(tmp_path, "jsonl", of)).set_index("id")
    assert list(lines["grams"].fillna(-1)) == [5, -1, 7.5]
    assert lines.loc["a/map", "source_class"] == "CodeCarbon"
    assert list(lines.loc["a/none", "license"]) == ["mit", "apache-2.0"]
    as_text = [{**row, "cardData": json.dumps(row["cardData"])} for row in of]
    for form in ("parquet", "csv"):
        pandas.testing.assert_frame_equal(
            hub.read_dump(write(tmp_path, form, as_text)).set_index("id"), lines
        )
    structs = [row for row in of if row["id"] != "a/none"]
    table = hub.read_dump(write(tmp_path, "parquet", structs)).set_index("id")
    assert list(table["grams"]) == [5, 7.5]
    assert list(table["warnings"].map(list)) == [[], []]


@pytest.mark.parametrize(
    ("cell", "grams", "status"),
    [
        ("12.5", 12.5, "ok"),
        ("{'emissions': 3, 'source': 'x'}", 3, "ok"),
        ('"4 g"', 4, "ok"),
        ("1,234", None, "ambiguous"),
    ],
)
def test_a_column_of_emissions_is_read_as_the_block(
    tmp_path: Path, cell: str, grams: Any, status: str
) -> None:
    file = write(tmp_path, "csv", [{"modelId": "a/b", "co2_eq_emissions": cell.strip('"')}])
    row = hub.read_dump(file).iloc[0]
    assert row["status"] == status
    assert (None if pandas.isna(row["grams"]) else row["grams"]) == grams


def test_hostile_cells_become_rows(tmp_path: Path) -> None:
    cells = [
        "[" * 90_000,
        "{" * 200_000,
        "__import__('os').system('x')",
        "\ud800",
        "9" * 5000,
        "[" + "1," * 40_000 + "]",
    ]
    of = [
        {"id": f"a/{i}", "cardData": cell, "downloads": "1e400", "likes": "-3"}
        for i, cell in enumerate(cells)
    ]
    of += [{"id": None}, {"id": ["x"]}, {"other": 1}]
    table = hub.read_dump(write(tmp_path, "jsonl", of))
    assert len(table) == len(cells)
    assert set(table["status"]) == {"missing"}
    assert table["downloads"].isna().all()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    def fails(file: Path, what: str) -> None:
        with pytest.raises(co2lib.Error, match=what):
            hub.read_dump(file)

    (tmp_path / "a.jsonl").write_text('{"id": "a/b"}\n{"id": \n')
    fails(tmp_path / "a.jsonl", r"a\.jsonl:2: is not JSON.*hub\.bad_value")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    fails(tmp_path / "a.parquet", r"a\.parquet.*hub\.cannot_read")
    (tmp_path / "a.csv").write_text('id,card\n"open')
    fails(tmp_path / "a.csv", r"a\.csv.*hub\.bad_value")
    (tmp_path / "a.csv.gz").write_text("none")
    fails(tmp_path / "a.csv.gz", r"a\.csv\.gz.*hub\.cannot_read")
    fails(tmp_path / "none.jsonl", r"none\.jsonl.*hub\.cannot_read")
    fails(tmp_path / "none.xml", r"ends with")
    (tmp_path / "empty").mkdir()
    fails(tmp_path / "empty", r"no file ends with")


def test_labels_by_columns_are_those_of_each_model() -> None:
    numbers = [0.0, 0.001, 208.75, 519.28, 1e4, float("inf"), float("nan")]
    table = pandas.DataFrame(
        [
            {
                "id": str(i),
                "co2_eq_emissions": x,
                "downloads": i % 90,
                "size_efficency": 1e5 * (i % 9) or None,
            }
            for i, x in enumerate(numbers * 30)
        ]
    )
    for preset in ("castano2023", "castano2023_consistent"):
        for mode in (None, "pessimistic_mean"):
            labelled = hub.label(table, preset, mode=mode)
            for row in labelled.to_dict("records"):
                metrics = {"co2_eq_emissions": row["co2_eq_emissions"], "downloads": row["downloads"]}
                metrics["size_efficiency"] = row["size_efficency"]
                one = hub.label_one(metrics, preset, mode=mode)
                assert (row["label"], row["mean"]) == (one.label, one.mean)
                assert row["downloads_rating"] == one.ratings["downloads"]


def test_the_verb_labels_dumps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from co2lib.cli import main

    for form in ("parquet", "csv", "jsonl"):
        assert main(["label", str(write(tmp_path, form, rows(5)))]) == 0
        assert "5 models: " in capsys.readouterr().out
    (tmp_path / "a.jsonl").write_text("{")
    assert main(["label", str(tmp_path / "a.jsonl")]) == 2
    assert "a.jsonl:1" in capsys.readouterr().err


def test_the_study_takes_the_table(tmp_path: Path) -> None:
    pytest.importorskip("scipy", reason="needs SciPy")
    table = hub.read_dump(write(tmp_path, "jsonl", rows(200)))
    months, trends = hub.rq1(table, first="2022-01", last="2022-12")
    assert months["models"].sum() == 200
    assert months["reporting"].sum() == 160
    assert len(trends) == 2
    assert len(hub.rq2(table, first="2022-01", last="2022-12")) == 14
    assert len(hub.drivers(table)) == 4
