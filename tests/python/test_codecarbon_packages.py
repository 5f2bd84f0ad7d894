# SPDX-License-Identifier: MIT
"""Packages that bring CodeCarbon's callback, with co2lib.codecarbon in its place: one changed import."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from co2lib import codecarbon

pytestmark = pytest.mark.filterwarnings("default")


def rows(file: str | Path) -> list[dict[str, str]]:
    with open(file, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


@pytest.fixture(autouse=True)
def _dropped_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_network: None) -> None:
    """One changed import, for packages whose imports we cannot change."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if name.lower().startswith("codecarbon_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CODECARBON_LOG_LEVEL", "error")  # set by two of them, and taken back here
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CO2LIB_LOCATION", "FRA")
    monkeypatch.setitem(sys.modules, "codecarbon", codecarbon)
    (tmp_path / "out").mkdir()


def test_the_callback_of_transformers_runs() -> None:
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    pytest.importorskip("accelerate", reason="needs accelerate")
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    config = transformers.BertConfig(
        vocab_size=32, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    data = [{"input_ids": torch.randint(0, 32, (8,)), "labels": torch.tensor(n % 2)} for n in range(8)]
    trainer = transformers.Trainer(
        model=transformers.BertForSequenceClassification(config),
        args=transformers.TrainingArguments(
            output_dir="out",
            report_to=["codecarbon"],
            max_steps=2,
            use_cpu=True,
            disable_tqdm=True,
            save_strategy="no",
        ),
        train_dataset=data,
    )
    trainer.train()
    (row,) = rows("out/emissions.csv")
    assert float(row["emissions"]) > 0
    assert row["country_iso_code"] == "FRA"
    assert row["codecarbon_version"].startswith("co2lib-")


def test_sentence_transformers_writes_its_card(sentence_model: Any, tmp_path: Path) -> None:
    st = pytest.importorskip("sentence_transformers", reason="needs sentence-transformers")
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    model = sentence_model
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    train = datasets.Dataset.from_dict({"a": ["good film"] * 8, "b": ["very good film"] * 8})
    trainer = st.SentenceTransformerTrainer(
        model=model,
        args=st.SentenceTransformerTrainingArguments(
            output_dir="out",
            report_to=["codecarbon"],
            max_steps=2,
            use_cpu=True,
            disable_tqdm=True,
            save_strategy="no",
        ),
        train_dataset=train,
        loss=MultipleNegativesRankingLoss(model),
    )
    trainer.train()
    model.save_pretrained(str(tmp_path / "saved"))
    card = (tmp_path / "saved/README.md").read_text(encoding="utf-8")
    assert "co2_eq_emissions:" in card
    assert "energy_consumed:" in card
    assert "on_cloud: false" in card
    assert float(rows("out/emissions.csv")[0]["emissions"]) > 0


def test_setfit_writes_its_card(sentence_model: Any, tmp_path: Path) -> None:
    setfit = pytest.importorskip("setfit", reason="needs setfit")
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    from sklearn.linear_model import LogisticRegression

    model = setfit.SetFitModel(
        model_body=sentence_model, model_head=LogisticRegression(), labels=["bad", "good"]
    )
    train = datasets.Dataset.from_dict({"text": ["good film", "bad film"] * 4, "label": [1, 0] * 4})
    trainer = setfit.Trainer(
        model=model,
        args=setfit.TrainingArguments(
            output_dir="out", report_to=["codecarbon"], max_steps=2, batch_size=4, save_strategy="no"
        ),
        train_dataset=train,
    )
    trainer.train()
    model.save_pretrained(str(tmp_path / "saved"))
    card = (tmp_path / "saved/README.md").read_text(encoding="utf-8")
    assert "co2_eq_emissions:" in card
    assert "cpu_model:" in card
