# SPDX-License-Identifier: MIT
"""What others built on the Trainer of transformers takes the same callback: tiny models, trained for real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from co2lib.integrations import Budget, BudgetWarning

# What frameworks themselves warn of is not ours.
pytestmark = pytest.mark.filterwarnings("default")

OPTIONS: dict[str, Any] = {"intensity": 100, "meters": [], "tdp_w": 50, "fsync": False}
CARD = re.compile(r"^---\n(?:.*\n)*co2_eq_emissions:\n  emissions: [0-9.e-]+\n(?:.*\n)*---\n")
QUIET = {"output_dir": "out", "report_to": [], "save_strategy": "no"}
STEPS = 12


def footprint_callback(**more: Any) -> Any:
    pytest.importorskip("transformers", reason="needs transformers")
    from co2lib.integrations.transformers import FootprintCallback

    return FootprintCallback(**more, **OPTIONS)


def of_sentence_transformers(model: Any, callback: Any) -> Any:
    package = pytest.importorskip("sentence_transformers", reason="needs sentence-transformers")
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    return package.SentenceTransformerTrainer(
        model=model,
        args=package.SentenceTransformerTrainingArguments(
            max_steps=STEPS, per_device_train_batch_size=2, use_cpu=True, disable_tqdm=True, **QUIET
        ),
        train_dataset=datasets.Dataset.from_dict({"a": ["good film"] * 8, "b": ["very good film"] * 8}),
        loss=MultipleNegativesRankingLoss(model),
        callbacks=[callback],
    )


def of_setfit(model: Any, callback: Any) -> Any:
    package = pytest.importorskip("setfit", reason="needs setfit")
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    from sklearn.linear_model import LogisticRegression

    return package.Trainer(
        model=package.SetFitModel(model_body=model, model_head=LogisticRegression(), labels=["bad", "good"]),
        args=package.TrainingArguments(max_steps=STEPS, batch_size=2, **QUIET),
        train_dataset=datasets.Dataset.from_dict(
            {"text": ["good film", "bad film"] * 4, "label": [1, 0] * 4}
        ),
        callbacks=[callback],
    )


def of_trl(model: Any, callback: Any) -> Any:
    package = pytest.importorskip("trl", reason="needs TRL")
    datasets = pytest.importorskip("datasets", reason="needs datasets")
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    tokenizer = model.tokenizer
    tokenizer.eos_token = "[SEP]"
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=32,
        n_embd=8,
        n_layer=1,
        n_head=1,
        bos_token_id=2,
        eos_token_id=3,
    )
    return package.SFTTrainer(
        model=transformers.GPT2LMHeadModel(config),
        args=package.SFTConfig(
            max_steps=STEPS,
            per_device_train_batch_size=2,
            max_length=16,
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
            **QUIET,
        ),
        train_dataset=datasets.Dataset.from_dict({"text": ["very good film", "bad film"] * 4}),
        processing_class=tokenizer,
        callbacks=[callback],
    )


TRAINERS = [of_sentence_transformers, of_setfit, of_trl]


@pytest.mark.parametrize("trainer_of", TRAINERS)
def test_a_training_has_its_steps_and_its_card(trainer_of: Any, sentence_model: Any) -> None:
    callback = footprint_callback(card="README.md", budget=Budget(energy_kwh=1), every=2)
    trainer_of(sentence_model, callback).train()
    footprint = callback.footprint
    assert footprint.complete
    assert footprint.regions["step"].count == STEPS
    assert footprint.energy.joules > 0
    assert CARD.search(Path("README.md").read_text())
    (outlook,) = callback.outlooks
    assert (outlook.state, outlook.units_done, outlook.units_total) == ("within", STEPS, STEPS)
    assert outlook.low <= outlook.forecast <= outlook.high


@pytest.mark.parametrize("trainer_of", TRAINERS)
def test_a_training_stops_on_its_budget(trainer_of: Any, sentence_model: Any) -> None:
    callback = footprint_callback(budget=Budget(carbon_g=1e-12, action="stop"), every=2)
    trainer = trainer_of(sentence_model, callback)
    with pytest.warns(BudgetWarning, match="carbon budget"):
        trainer.train()
    assert callback.footprint.regions["step"].count == 2
    assert callback.footprint.complete
