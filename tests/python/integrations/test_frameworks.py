# SPDX-License-Identifier: MIT
"""Each callback with its framework: a tiny model is trained for real, nothing is downloaded."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import co2lib
from co2lib.integrations import Budget, BudgetWarning

# What frameworks themselves warn of is not ours.
pytestmark = pytest.mark.filterwarnings("default")

OPTIONS: dict[str, Any] = {"intensity": 100, "meters": [], "tdp_w": 50, "fsync": False}
SPENT = 1e-12
CARD = re.compile(r"^---\n(?:.*\n)*co2_eq_emissions:\n  emissions: [0-9.e-]+\n(?:.*\n)*---\n")


def budget(**more: Any) -> Budget:
    return Budget(carbon_g=SPENT, action="stop", **more)


# transformers ----------------------------------------------------------------------------------------------


def hf_trainer(callback: Any, **arguments: Any) -> Any:
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    pytest.importorskip("accelerate", reason="needs accelerate")
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    config = transformers.BertConfig(
        vocab_size=32,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=16,
    )
    model = transformers.BertForSequenceClassification(config)
    data = [{"input_ids": torch.randint(0, 32, (8,)), "labels": torch.tensor(n % 2)} for n in range(32)]
    given = {
        "output_dir": "out",
        "report_to": [],
        "per_device_train_batch_size": 8,
        "use_cpu": True,
        "disable_tqdm": True,
        "save_strategy": "no",
        **arguments,
    }
    return transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(**given),
        train_dataset=data,
        eval_dataset=data,
        callbacks=[callback],
    )


def hf_callback(*args: Any, **options: Any) -> Any:
    pytest.importorskip("transformers", reason="needs transformers")
    from co2lib.integrations.transformers import FootprintCallback

    return FootprintCallback(*args, **options)


def test_a_trainer_of_transformers(tmp_path: Path) -> None:
    callback = hf_callback(
        card="README.md",
        card_options={"training_type": "fine-tuning"},
        budget=Budget(energy_kwh=1),
        **OPTIONS,
    )
    hf_trainer(callback, num_train_epochs=4, eval_strategy="epoch").train()
    footprint = callback.footprint
    assert footprint.complete
    assert footprint.regions["epoch"].count == 4
    assert footprint.regions["step"].count == 16
    assert footprint.energy.joules > 0
    card = Path("README.md").read_text()
    assert CARD.search(card)
    assert "fine-tuning" in card
    (outlook,) = callback.outlooks
    assert (outlook.state, outlook.units_done, outlook.units_total) == ("within", 4, 4)
    assert outlook.low <= outlook.forecast <= outlook.high


def test_a_trainer_of_transformers_stops_on_its_budget() -> None:
    callback = hf_callback(budget=budget(), every=2, **OPTIONS)
    trainer = hf_trainer(callback, max_steps=12)
    with pytest.warns(BudgetWarning, match="carbon budget"):
        trainer.train()
    assert trainer.state.global_step == 2
    assert callback.outlooks[0].units_total == 12
    assert callback.footprint.complete


def test_a_trainer_of_transformers_that_resumes_forecasts_what_is_left() -> None:
    first = hf_callback(**OPTIONS)
    hf_trainer(first, max_steps=4, save_strategy="steps", save_steps=4).train()
    second = hf_callback(budget=Budget(energy_kwh=1), every=2, **OPTIONS)
    hf_trainer(second, max_steps=12, num_train_epochs=1).train(resume_from_checkpoint="out/checkpoint-4")
    assert second.footprint.regions["step"].count == 8
    assert second.outlooks[0].units_total == 8


def test_a_run_that_goes_on_after_the_trainer() -> None:
    with co2lib.track(**OPTIONS) as run:
        callback = hf_callback(run)
        trainer = hf_trainer(callback, max_steps=2)
        trainer.train()
        trainer.train()
        assert run.running
    assert run.footprint.regions["step"].count == 4


# Lightning -------------------------------------------------------------------------------------------------


def lightning_fit(callback: Any, epochs: int = 4, package: str = "lightning", **more: Any) -> Any:
    lightning: Any = pytest.importorskip(package, reason=f"needs {package}")
    import torch

    class Model(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            return self.layer(batch).square().mean()

        def validation_step(self, batch: Any, _: int) -> None:
            self.layer(batch)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.DataLoader(torch.randn(32, 4), batch_size=8)
    options = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, **more}
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", callbacks=[callback], enable_model_summary=False, **options
    )
    trainer.fit(Model(), data, data)
    return trainer


def lightning_callback(*args: Any, **options: Any) -> Any:
    pytest.importorskip("lightning", reason="needs Lightning")
    from co2lib.integrations.lightning import FootprintCallback

    return FootprintCallback(*args, **options)


def test_a_trainer_of_lightning() -> None:
    from_csv = pytest.importorskip("lightning.pytorch.loggers", reason="needs Lightning").CSVLogger("logs")
    callback = lightning_callback(card="README.md", budget=Budget(energy_kwh=1), **OPTIONS)
    lightning_fit(callback, logger=from_csv)
    footprint = callback.footprint
    assert footprint.complete
    assert footprint.regions["epoch"].count == 4
    assert footprint.regions["step"].count == 16
    assert footprint.regions["validation"].count == 4
    assert CARD.search(Path("README.md").read_text())
    assert callback.outlooks[0].state == "within"
    assert callback.outlooks[0].units_total == 4
    assert "co2lib/energy_kwh" in next(Path("logs").rglob("metrics.csv")).read_text()


def test_a_trainer_of_lightning_stops_on_its_budget() -> None:
    callback = lightning_callback(budget=budget(), every=1, **OPTIONS)
    with pytest.warns(BudgetWarning):
        trainer = lightning_fit(callback, epochs=6)
    assert trainer.current_epoch == 1
    assert callback.footprint.regions["epoch"].count == 1


def test_steps_are_the_unit_of_a_single_epoch_in_lightning() -> None:
    callback = lightning_callback(budget=budget(), every=2, **OPTIONS)
    with pytest.warns(BudgetWarning):
        lightning_fit(callback, epochs=1)
    assert callback.footprint.regions["step"].count == 2
    assert callback.outlooks[0].units_total == 4


@pytest.mark.parametrize("other", ["there too", "missing"])
def test_a_trainer_of_pytorch_lightning(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = pytest.importorskip("pytorch_lightning", reason="needs pytorch-lightning")
    monkeypatch.delitem(sys.modules, "co2lib.integrations.lightning", raising=False)
    if other == "missing":
        monkeypatch.setitem(sys.modules, "lightning", None)
    else:
        pytest.importorskip("lightning", reason="needs Lightning")
    callback = importlib.import_module("co2lib.integrations.lightning").FootprintCallback(
        card="README.md", **OPTIONS
    )
    assert isinstance(callback, package.Callback) == (other == "missing")
    monkeypatch.delitem(sys.modules, "co2lib.integrations.lightning")
    lightning_fit(callback, package="pytorch_lightning")
    assert callback.footprint.complete
    assert callback.footprint.regions["step"].count == 16
    assert CARD.search(Path("README.md").read_text())
    with pytest.warns(BudgetWarning):
        trainer = lightning_fit(
            type(callback)(budget=budget(), **OPTIONS), epochs=6, package="pytorch_lightning"
        )
    assert trainer.current_epoch == 1


def test_an_exception_in_lightning_ends_the_run() -> None:
    callback = lightning_callback(**OPTIONS)

    def fail(*_: Any) -> None:
        raise RuntimeError("out of memory")

    callback.on_validation_end = fail
    with pytest.raises(RuntimeError, match="out of memory"):
        lightning_fit(callback, num_sanity_val_steps=0)
    assert callback.footprint.complete


def test_an_exception_before_the_training_is_not_hidden() -> None:
    callback = lightning_callback(**OPTIONS)

    def fail(*_: Any) -> None:
        raise RuntimeError("no data")

    callback.on_fit_start = fail
    with pytest.raises(RuntimeError, match="no data"):
        lightning_fit(callback)


# Keras -----------------------------------------------------------------------------------------------------


@pytest.fixture
def keras(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("torch", reason="needs PyTorch, the backend of Keras in the tests")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="needs Keras")


def keras_fit(keras: Any, callback: Any, epochs: int) -> Any:
    import numpy

    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = numpy.ones((32, 4), dtype="float32")
    return model.fit(
        x,
        x[:, :1],
        batch_size=8,
        epochs=epochs,
        verbose=0,
        validation_data=(x, x[:, :1]),
        callbacks=[callback],
    )


def test_a_model_of_keras(keras: Any) -> None:
    from co2lib.integrations.keras import FootprintCallback

    callback = FootprintCallback(card="README.md", budget=Budget(energy_kwh=1), **OPTIONS)
    history = keras_fit(keras, callback, 4)
    footprint = callback.footprint
    assert footprint.complete
    assert footprint.regions["epoch"].count == 4
    assert footprint.regions["step"].count == 16
    assert footprint.regions["validation"].count == 4
    assert CARD.search(Path("README.md").read_text())
    assert len(history.history["energy_kwh"]) == 4
    assert history.history["energy_kwh"] == sorted(history.history["energy_kwh"])
    assert callback.outlooks[0].state == "within"


def test_a_model_of_keras_stops_on_its_budget(keras: Any) -> None:
    from co2lib.integrations.keras import FootprintCallback

    callback = FootprintCallback(budget=budget(), **OPTIONS)
    with pytest.warns(BudgetWarning):
        history = keras_fit(keras, callback, 6)
    assert len(history.epoch) == 1


# PyTorch, Accelerate ---------------------------------------------------------------------------------------


def torch_loop(training: Any, epochs: int) -> int:
    import torch

    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = torch.utils.data.DataLoader(torch.randn(32, 4), batch_size=8)
    steps = 0
    with training:
        for _ in training.epochs():
            for batch in training.steps(loader):
                optimizer.zero_grad()
                model(batch).square().mean().backward()
                optimizer.step()
                steps += 1
    return steps


def test_a_loop_of_pytorch() -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    from co2lib.integrations.pytorch import Training

    training = Training(epochs=4, card="README.md", budget=Budget(energy_kwh=1), **OPTIONS)
    assert torch_loop(training, 4) == 16
    assert training.footprint.complete
    assert training.footprint.regions["epoch"].count == 4
    assert training.footprint.regions["step"].count == 16
    assert CARD.search(Path("README.md").read_text())


def test_a_loop_of_pytorch_stops_on_its_budget() -> None:
    pytest.importorskip("torch", reason="needs PyTorch")
    from co2lib.integrations.pytorch import Training

    training = Training(epochs=1, steps=4, every=3, budget=budget(), **OPTIONS)
    with pytest.warns(BudgetWarning):
        assert torch_loop(training, 1) == 3


def test_a_loop_under_accelerate() -> None:
    accelerate = pytest.importorskip("accelerate", reason="needs accelerate")
    from accelerate.tracking import GeneralTracker, on_main_process

    from co2lib.integrations.accelerate import Training

    class Memory(GeneralTracker):
        name = "memory"
        requires_logging_directory = False

        def __init__(self) -> None:
            super().__init__()
            self.rows: list[tuple[int | None, dict[str, Any]]] = []

        @property
        def tracker(self) -> Any:
            return self.rows

        @on_main_process
        def store_init_configuration(self, values: Any) -> None:
            pass

        @on_main_process
        def log(self, values: dict[str, Any], step: int | None = None, **_: Any) -> None:
            self.rows.append((step, values))

    memory = Memory()
    accelerator = accelerate.Accelerator(cpu=True, log_with=memory)
    accelerator.init_trackers("test")
    training = Training(accelerator, epochs=4, card="README.md", budget=Budget(energy_kwh=1), **OPTIONS)
    assert torch_loop(training, 4) == 16
    assert CARD.search(Path("README.md").read_text())
    assert [step for step, _ in memory.rows] == [1, 2, 3, 4, 4]
    assert "co2lib/forecast_energy_kwh" in memory.rows[1][1]
    stopped = Training(accelerator, epochs=4, budget=budget(), **OPTIONS)
    with pytest.warns(BudgetWarning):
        assert torch_loop(stopped, 4) == 4


# scikit-learn ----------------------------------------------------------------------------------------------


def test_an_estimator_of_scikit_learn() -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    import numpy
    from sklearn.base import clone, is_classifier
    from sklearn.exceptions import NotFittedError
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from co2lib.integrations.sklearn import Measured

    x = numpy.linspace(0, 1, 40).reshape(-1, 1)
    y = (x[:, 0] > 0.5).astype(int)
    model = Measured(LogisticRegression(), card="README.md", options=OPTIONS)
    assert is_classifier(model)
    assert not hasattr(model, "transform")
    with pytest.raises(NotFittedError):
        model.predict(x)
    assert model.fit(x, y) is model
    assert model.score(x, y) > 0.9
    assert model.footprint_.regions["fit"].count == 1
    assert CARD.search(Path("README.md").read_text())
    assert not hasattr(clone(model), "footprint_")
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Measured(LogisticRegression(), options=OPTIONS)),
        {"measured__estimator__C": [0.1, 1.0]},
        cv=2,
    ).fit(x, y)
    assert search.best_estimator_[-1].footprint_.complete


def test_fits_of_scikit_learn_are_regions_of_a_run() -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    from co2lib.integrations.sklearn import fits

    linear, tree = LinearRegression(), DecisionTreeRegressor()
    with co2lib.track(**OPTIONS) as run:
        with fits(run, linear, tree):
            linear.fit([[0.0], [1.0]], [0, 1])
            tree.fit([[0.0], [1.0]], [0, 1])
        linear.fit([[0.0], [1.0]], [0, 1])
    assert run.footprint.regions["fit"].count == 2
    assert "fit" not in vars(linear)
    assert linear.predict([[2.0]])[0] == pytest.approx(2)


def test_scikit_learn_in_epochs_with_a_budget() -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    from sklearn.linear_model import SGDClassifier

    from co2lib.integrations import Training

    model = SGDClassifier()
    training = Training(epochs=5, budget=budget(), **OPTIONS)

    def train() -> None:
        with training:
            for _ in training.epochs():
                model.partial_fit([[0.0], [1.0]], [0, 1], classes=[0, 1])

    with pytest.warns(BudgetWarning):
        train()
    assert training.footprint.regions["epoch"].count == 1


# Without them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("transformers", "transformers"),
        ("keras", "keras"),
        ("accelerate", "accelerate"),
        ("pytorch", "torch"),
        ("sklearn", "sklearn"),
    ],
)
def test_a_missing_framework_is_named(module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"co2lib.integrations.{module}", raising=False)
    with pytest.raises(ImportError, match=f"needs the package '{package}") as found:
        importlib.import_module(f"co2lib.integrations.{module}")
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "core.missing_extra"
