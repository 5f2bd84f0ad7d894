# SPDX-License-Identifier: MIT
"""PreIndex of PyTorch models: hooks, loaders, progress, cost, processes, instrumented programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import co2lib
from co2lib import preindex as domain

torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
nn = torch.nn
ROOT = Path(__file__).resolve().parents[2]
CLASSES = 3
# Thirty pairs in batches of 8: the last one has six.
N, BATCH = 30, 8


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2)
        self.head = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, CLASSES))
        self.forwards = 0

    def forward(self, x: Any) -> Any:
        self.forwards += 1
        x = torch.relu(self.bn(self.conv1(x)))
        return self.head(torch.relu_(self.conv2(x)).mean((2, 3)))


class Vit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(1, 16, 2, stride=2)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.up = nn.Linear(16, 24)
        self.down = nn.Linear(24, 16)
        self.head = nn.Linear(16, CLASSES)
        self.forwards = 0

    def forward(self, x: Any) -> Any:
        self.forwards += 1
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.attention(x, x, x, need_weights=False)[0]
        x = x + self.down(torch.relu(self.up(x)))
        return self.head(x.mean(1))


def mlp(*, inplace: bool = False) -> Any:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 20), nn.ReLU(inplace), nn.Linear(20, 10), nn.Linear(10, 3)
    )


def seeded(make: Any) -> Any:
    torch.manual_seed(7)
    return make().eval()


def data(n: int = N) -> tuple[Any, Any, Any]:
    generator = torch.Generator().manual_seed(1)
    y = torch.arange(n) % CLASSES
    x = torch.rand(n, 1, 8, 8, generator=generator) * 0.3
    x[torch.arange(n), 0, :, :] += y[:, None, None] * 0.1
    noise = torch.randn(n, 1, 8, 8, generator=generator)
    return x, (x + 0.6 * noise).clamp(0, 1), y


def loader(x: Any, y: Any, batch: int = BATCH) -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=batch)


def loaders(batch: int = BATCH) -> tuple[Any, Any]:
    x, x_shifted, y = data()
    return loader(x, y, batch), loader(x_shifted, y, batch)


def activations(model: Any, x: Any, *, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Raw outputs of the layers, copied at once, by hooks of the test's own."""
    found: dict[str, Any] = {}

    def hook_of(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            found.setdefault(name, output.detach().clone().numpy())

        return hook

    handles = [
        module.register_forward_hook(hook_of(name))
        for name, module in model.named_modules()
        if hasattr(module, "weight") and module.weight.dim() > 1 and name not in skip
    ]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return found


def hooks_of(model: Any) -> int:
    return sum(len(module._forward_hooks) for module in model.modules())


def code_of(caught: Any) -> str:
    assert isinstance(caught.value, co2lib.Error)
    return str(caught.value.code)


# ----------------------------------------------------------------------------------------------------------
# Values
# ----------------------------------------------------------------------------------------------------------
CASES = [
    pytest.param(Cnn, "cnn", "conv2", id="cnn"),
    pytest.param(mlp, "cnn", "3", id="mlp"),
    pytest.param(Vit, "vit", "down", id="vit"),
]


@pytest.mark.parametrize(("make", "mode", "embedding"), CASES)
@pytest.mark.parametrize("named", [True, False])
def test_the_index_is_that_of_the_activations(make: Any, mode: Any, embedding: str, named: bool) -> None:
    model = seeded(make)
    x, x_shifted, y = data()
    res = domain.preindex(
        model, *loaders(), embedding=embedding if named else None, mode=mode, distance="all"
    )
    want = domain.from_activations(
        activations(model, x),
        activations(model, x_shifted),
        y.numpy(),
        embedding=embedding,
        mode=mode,
        distance="all",
    )
    assert res.config == want.config
    assert res.config["embedding"] == embedding
    assert res.pairs == N
    assert [(layer.name, layer.width, layer.kept) for layer in res.layers] == [
        (layer.name, layer.width, layer.kept) for layer in want.layers
    ]
    for bins, row in want.all_distances.items():
        # An activation one rounding away may fall into another bin.
        assert res.all_distances[bins] == pytest.approx(row, abs=2e-4)
    assert res.inv_ari == pytest.approx(want.inv_ari, abs=1e-12)
    assert 0 < res.inv_ari < 1.5
    assert res.value == pytest.approx(want.value, abs=2e-4)


def oracle(load_script: Callable[[Path], ModuleType]) -> ModuleType:
    file = ROOT.parent / "shared" / "oracles" / "preindex_reference.py"
    places = [file, ROOT.parents[1] / "shared" / "oracles" / "preindex_reference.py"]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        pytest.skip("the oracle is not here")
    for package in ("scipy", "sklearn"):
        pytest.importorskip(package)
    return load_script(found)


@pytest.mark.parametrize(("make", "mode", "embedding"), CASES)
def test_the_index_is_that_of_the_oracle(
    load_script: Callable[[Path], ModuleType], make: Any, mode: str, embedding: str
) -> None:
    reference = oracle(load_script)
    model = seeded(make)
    x, x_shifted, y = data()
    clean, shifted = activations(model, x), activations(model, x_shifted)
    vectors = [{k: reference.layer_vectors(v, mode) for k, v in side.items()} for side in (clean, shifted)]
    kept = [name for name, rows in vectors[0].items() if rows.shape[1] > CLASSES]
    p = np.mean(
        [
            reference.distances_exact(vectors[0][name][i], vectors[1][name][i], 64)["js"]
            for i in range(N)
            for name in kept
        ]
    )
    res = domain.preindex(model, *loaders(), embedding=embedding, mode=mode)
    assert [layer.name for layer in res.layers if layer.kept] == kept
    assert res.p == pytest.approx(p, abs=2e-4)
    found = reference.inv_ari(
        clean[embedding].reshape(N, -1), shifted[embedding].reshape(N, -1), y.numpy(), variant="noise_2"
    )
    assert res.inv_ari == pytest.approx(found["inv_ari"] if isinstance(found, dict) else found[0], abs=1e-9)


@pytest.mark.parametrize("batch", [1, 7, N])
def test_p_does_not_depend_on_the_batches(batch: int) -> None:
    model = seeded(mlp)
    want = domain.preindex(model, *loaders(), embedding="3")
    res = domain.preindex(model, *loaders(batch), embedding="3")
    assert res.p == pytest.approx(want.p, abs=1e-4)  # products of other sizes are rounded otherwise
    assert res.inv_ari == want.inv_ari
    assert res.pairs == want.pairs


def test_no_shift_has_distance_zero() -> None:
    x, _, y = data()
    res = domain.preindex(seeded(Cnn), loader(x, y), loader(x, y), distance="all", s=0.5, s_bar=0.25)
    for row in res.all_distances.values():
        assert row["js"] == row["wasserstein"] == row["kl"] == 0
        assert row["bhattacharyya"] == pytest.approx(0, abs=1e-15)  # 1 - a sum of roots
    assert res.label == "preindex"


def test_means_are_summed_in_double() -> None:
    class Offset(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 1)

        def forward(self, x: Any) -> Any:
            return self.conv(x)

    model = seeded(Offset)
    # Larger than one chunk of the reduction, and far from zero, where a sum in float32 is rounded.
    x = torch.rand(9, 1, 200, 200) + 4096
    seen: list[Any] = []
    estimate = domain.PreIndex(model, classes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            domain.Accumulator, "add_pairs", lambda _self, _l, a, b: seen.extend([a.copy(), b.copy()])
        )
        with pytest.raises(co2lib.Error):  # the batch lacks the layer then
            estimate.update(x, x + 1, [0] * 9)
    with torch.no_grad():
        want = model(x).double().mean((2, 3)).float().numpy()
    np.testing.assert_array_equal(seen[0], want)


def test_what_needs_no_reduction_is_handed_over_without_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    model = seeded(Vit)
    outputs: list[Any] = []
    handed: list[int] = []
    handle = model.up.register_forward_hook(lambda _m, _i, output: outputs.append(output))
    add = domain.Accumulator.add_pairs

    def spy(self: Any, layer: int, clean: Any, shifted: Any) -> None:
        if self.layers[layer][0] == "up":
            handed.extend(array.__array_interface__["data"][0] for array in (clean, shifted))
        add(self, layer, clean, shifted)

    monkeypatch.setattr(domain.Accumulator, "add_pairs", spy)
    x, x_shifted, y = data(5)
    domain.PreIndex(model, classes=CLASSES, mode="vit", embedding="down").update(x, x_shifted, y)
    handle.remove()
    assert handed == [output.data_ptr() for output in outputs]


def test_half_and_bfloat_are_widened() -> None:
    x, x_shifted, y = data()
    for dtype in (torch.bfloat16, torch.float64):
        model = seeded(Cnn).to(dtype)
        res = domain.preindex(model, loader(x.to(dtype), y), loader(x_shifted.to(dtype), y))
        assert res.value is not None
        assert res.p == pytest.approx(domain.preindex(seeded(Cnn), *loaders()).p, abs=0.02)


@pytest.mark.parametrize(("mode", "passes"), [("cnn", 2), ("vit", 3)])
def test_outputs_that_the_model_overwrites_are_seen_before(mode: Any, passes: int) -> None:
    model, plain = seeded(lambda: mlp(inplace=True)), seeded(mlp)
    forwards: list[int] = []
    handle = model.register_forward_hook(lambda *_: forwards.append(1))
    x, x_shifted, y = data(6)
    estimates = [domain.PreIndex(m, classes=CLASSES, mode=mode, embedding="1") for m in (model, plain)]
    for estimate in estimates:
        estimate.update(x, x_shifted, y)
    # In mode vit the first batch of such a model is run once more, because outputs are not copied.
    assert len(forwards) == passes
    results = [estimate.result() for estimate in estimates]
    assert results[0].per_layer == results[1].per_layer
    assert results[0].value == results[1].value
    estimates[0].update(x, x_shifted, y)
    assert len(forwards) == passes + 2
    handle.remove()


# ----------------------------------------------------------------------------------------------------------
# The model stays as it is
# ----------------------------------------------------------------------------------------------------------
def test_one_forward_pass_per_side_and_nothing_left_behind() -> None:
    model = seeded(Cnn)
    model.train()
    model.bn.eval()
    model.forwards = 0
    state = {name: value.clone() for name, value in model.state_dict().items()}
    res = domain.preindex(model, *loaders())
    assert model.forwards == 2 * 4
    assert hooks_of(model) == 0
    assert model.training
    assert model.conv1.training
    assert not model.bn.training
    assert torch.is_grad_enabled()
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert res.layers_unseen == []
    model.eval()
    assert domain.preindex(model, *loaders()).p == res.p


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_hooks_and_modes_are_restored_after(error: type[BaseException]) -> None:
    class Fails(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(64, 10)
            self.calls = 0

        def forward(self, x: Any) -> Any:
            x = self.first(x.flatten(1))
            assert len(self.first._forward_hooks) == 1
            assert not self.training
            self.calls += 1
            if self.calls == 3:
                raise error
            return x

    model = Fails().train()
    x, x_shifted, y = data(8)
    estimate = domain.PreIndex(model, classes=CLASSES)
    estimate.update(x, x_shifted, y)
    before = estimate.result()
    with pytest.raises(error):
        estimate.update(x, x_shifted, y)
    assert hooks_of(model) == 0
    assert model.training
    assert torch.is_grad_enabled()
    # The batch is dropped as a whole.
    assert estimate.result().pairs == before.pairs == 8
    estimate.update(x, x_shifted, y)
    assert estimate.result().p == pytest.approx(before.p, rel=1e-15)
    assert estimate.result().pairs == 16


def test_an_error_of_a_loader_restores_too() -> None:
    def broken() -> Iterator[Any]:
        x, _, y = data(4)
        yield x, y
        raise OSError("disk")

    model = seeded(Cnn).train()
    _, x_shifted, y = data()
    with pytest.raises(OSError, match="disk"):
        domain.PreIndex(model, classes=CLASSES).run(broken(), loader(x_shifted, y, 4))
    assert model.training
    assert hooks_of(model) == 0


def test_the_output_of_the_model_is_not_changed() -> None:
    model = seeded(Cnn)
    x, x_shifted, y = data(4)
    outputs: list[Any] = []
    handle = model.register_forward_hook(lambda _m, _i, output: outputs.append(output.clone()))
    domain.PreIndex(model, classes=CLASSES).update(x, x_shifted, y)
    handle.remove()
    with torch.no_grad():
        assert torch.equal(outputs[0], model(x))


# ----------------------------------------------------------------------------------------------------------
# Layers
# ----------------------------------------------------------------------------------------------------------
def test_a_layer_that_gives_no_output_is_reported() -> None:
    res = domain.preindex(seeded(Vit), *loaders(), mode="vit")
    assert res.layers_unseen == ["attention.out_proj"]
    assert "attention.out_proj" not in [layer.name for layer in res.layers]


def test_repeated_calls_are_averaged_or_summed() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Linear(64, 64)

        def forward(self, x: Any) -> Any:
            return self.shared(torch.tanh(self.shared(x.flatten(1))))

    model = seeded(Twice)
    mean = domain.preindex(model, *loaders(), repeated_calls="mean")
    total = domain.preindex(model, *loaders(), repeated_calls="sum")
    assert total.p == pytest.approx(2 * mean.p, rel=1e-12)
    # What is clustered is the first call.
    x, x_shifted, y = data()
    clean, shifted = activations(model, x)["shared"], activations(model, x_shifted)["shared"]
    assert mean.inv_ari == domain.inv_ari(clean, shifted, y.numpy()).inv_ari


def test_short_names_are_layers_unless_asked_otherwise() -> None:
    def kept(**options: Any) -> list[str]:
        res = domain.preindex(seeded(mlp), *loaders(), embedding="3", **options)
        return [layer.name for layer in res.layers if layer.kept]

    assert kept() == ["1", "3"]
    assert kept(exclude=["1"]) == ["3"]
    assert kept(include=["1", "4"]) == ["1", "4"]
    with pytest.raises(co2lib.Error) as caught:
        kept(skip_short_names=True)
    assert code_of(caught) == "preindex.no_layer"


def test_one_channel_and_other_convolutions() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = nn.Conv2d(1, 1, 3)
            self.conv1d = nn.Conv1d(36, 5, 3)
            self.conv3d = nn.Conv3d(1, 6, (1, 1, 3))

        def forward(self, x: Any) -> Any:
            x = self.conv1d(self.one(x).flatten(2).transpose(1, 2).expand(-1, -1, 9))
            return self.conv3d(x[:, None, None])

    model = seeded(Odd)
    res = domain.preindex(model, *loaders(), include=["one", "conv1d", "conv3d"], embedding="one")
    assert [(layer.name, layer.width) for layer in res.layers] == [("one", 1), ("conv1d", 5), ("conv3d", 6)]
    # A vector of one value is a constant: no distance.
    assert res.per_layer["one"][64]["js"] == 0
    assert res.per_layer["conv1d"][64]["js"] > 0


def test_a_model_that_is_a_layer() -> None:
    x, x_shifted, y = data()
    res = domain.preindex(
        seeded(lambda: nn.Linear(64, 9)), loader(x.flatten(1), y), loader(x_shifted.flatten(1), y)
    )
    assert [layer.name for layer in res.layers] == ["Linear"]


# ----------------------------------------------------------------------------------------------------------
# Loaders, labels, classes
# ----------------------------------------------------------------------------------------------------------
def test_batches_may_hold_more_and_labels_may_be_texts() -> None:
    x, x_shifted, y = data()
    names = ["cat", "dog", "eel"]

    def batches(images: Any) -> list[Any]:
        return [(images[i : i + 7], [names[k] for k in y[i : i + 7]], "path", i) for i in range(0, N, 7)]

    res = domain.preindex(seeded(Cnn), batches(x), batches(x_shifted))
    want = domain.preindex(seeded(Cnn), *loaders(7))
    assert res.value == want.value
    assert res.cluster.classes == names


def test_update_and_run_agree() -> None:
    x, x_shifted, y = data()
    estimate = domain.PreIndex(seeded(Cnn), classes=CLASSES)
    for i in range(0, N, BATCH):
        estimate.update(x[i : i + BATCH], x_shifted[i : i + BATCH].numpy(), y[i : i + BATCH])
    streamed = estimate.result()
    assert streamed.to_json() == estimate.run(*loaders()).to_json()
    # A run begins anew.
    assert estimate.run(*loaders()).pairs == N
    assert estimate.accumulator.pairs == N


def test_one_loader_of_pairs() -> None:
    x, _, y = data()
    images = torch.utils.data.TensorDataset(x, y)
    paired = domain.PairedDataset(images, ("gauss", 0.2, 5), quantise=False)
    assert len(paired) == N
    image, shifted, label = paired[4]
    assert label == y[4]
    assert torch.equal(image, x[4])
    np.testing.assert_array_equal(
        shifted.numpy(), domain.corrupt(x[4].numpy(), "gauss", 0.2, seed=5, item=4, quantise=False)
    )
    both = torch.utils.data.DataLoader(paired, batch_size=BATCH)
    res = domain.preindex(seeded(Cnn), both)
    moved = torch.stack([paired[i][1] for i in range(N)])
    assert res.value == domain.preindex(seeded(Cnn), loader(x, y), loader(moved, y)).value
    plain = domain.PairedDataset(images, lambda image: 1 - image)
    assert torch.equal(plain[0][1], 1 - x[0])
    with pytest.raises(co2lib.Error) as caught:
        domain.PairedDataset(images, "gauss")  # type: ignore[arg-type]
    assert code_of(caught) == "preindex.bad_option"


def test_classes_come_from_targets_or_one_sweep() -> None:
    x, x_shifted, y = data()

    class Counted(torch.utils.data.TensorDataset):
        reads = 0

        def __getitem__(self, index: int) -> Any:
            self.reads += 1
            return super().__getitem__(index)

    swept = Counted(x, y)
    domain.preindex(seeded(Cnn), torch.utils.data.DataLoader(swept, 10), loader(x_shifted, y, 10))
    assert swept.reads == 2 * N
    named = Counted(x, y)
    named.targets = y
    domain.preindex(seeded(Cnn), torch.utils.data.DataLoader(named, 10), loader(x_shifted, y, 10))
    assert named.reads == N
    known = Counted(x, y)
    clean = torch.utils.data.DataLoader(known, 10)
    res = domain.preindex(seeded(Cnn), clean, loader(x_shifted, y, 10), classes=9)
    assert known.reads == N
    assert [layer.name for layer in res.layers if layer.kept] == ["conv2", "head.0"]


def test_progress_is_called_and_drawn_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Any] = []
    estimate = domain.PreIndex(seeded(Cnn), classes=CLASSES)
    estimate.run(*loaders(), progress=lambda *call: calls.append(call))
    assert [call[:2] for call in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(call[2] for call in calls) == [call[2] for call in calls]
    x, x_shifted, y = data(4)
    estimate.run(iter([(x, y)]), iter([(x_shifted, y)]), progress=lambda *call: calls.append(call))
    assert calls[-1][:2] == (1, None)
    assert capsys.readouterr().err == ""
    estimate.run(*loaders(), progress=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    estimate.run(*loaders(), progress=True)
    assert "2/4" in capsys.readouterr().err
    estimate.run(*loaders(), progress=False)
    assert capsys.readouterr().err == ""


def test_the_cost_is_the_region_of_the_tracker() -> None:
    with co2lib.track(meters=[], gpus=[], location="FRA") as run:
        res = domain.preindex(seeded(Cnn), *loaders(), tracker=run)
        assert domain.preindex(seeded(Cnn), *loaders()).cost is None
    assert res.cost.name == "preindex"
    assert res.cost.count == 1
    assert res.cost.duration_s > 0
    assert list(run.footprint.regions) == ["preindex"]


# ----------------------------------------------------------------------------------------------------------
# Bad input
# ----------------------------------------------------------------------------------------------------------
def changed(tensor: Any, index: Any, value: Any) -> Any:
    copy = tensor.clone()
    copy[index] = value
    return copy


def bad_cases() -> list[Any]:
    x, x_shifted, y = data()
    good = loader(x_shifted, y)
    nan, inf = float("nan"), float("inf")

    def case(name: str, code: str, text: str, clean: Any, shifted: Any, **options: Any) -> Any:
        make = options.pop("make", Cnn)
        return pytest.param(make, clean, shifted, options, code, text, id=name)

    def case_vit(name: str, code: str, text: str, **options: Any) -> Any:
        return case(name, code, text, *loaders(), make=Vit, **options)

    clean = loader(x, y)
    return [
        case("labels", "unpaired", "pair 9: label 0 .* 2 on", clean, loader(x_shifted, changed(y, 9, 2))),
        case("shorter", "unpaired", "pair 16: the shifted side", clean, loader(x_shifted[:16], y[:16])),
        case("longer", "unpaired", "pair 16: the clean side has ended", loader(x[:16], y[:16]), good),
        case("ragged", "unpaired", "pair 28: .* 6 .* shifted 4", clean, loader(x_shifted[:28], y[:28])),
        case("shapes", "unpaired", r"8, 8\) on .*shifted \(8, 1, 6", clean, loader(x_shifted[:, :, 2:], y)),
        case("nan", "bad_sample", "sample 11, clean side: NaN", loader(changed(x, 11, nan), y), good),
        case("nan2", "bad_sample", "sample 2, shifted", clean, loader(changed(x_shifted, 2, nan), y)),
        case("no label", "bad_sample", "sample 0: the label is missing.*Tensor", [x], [x_shifted], classes=3),
        case("short batch", "bad_sample", "1 parts", [(x,)], [(x_shifted,)], classes=3),
        case("none", "bad_sample", "sample 1: the label", [(x[:2], [0, None])], [(x[:2], [0, 1])], classes=3),
        case("float label", "bad_option", "labels: 0.5", [(x[:1], [0.5])], [(x[:1], [0.5])], classes=3),
        case("few labels", "bad_sample", "30 samples and 3", [(x, y[:3])], [(x_shifted, y[:3])], classes=3),
        case("embedding", "unknown_layer", r"no layer 'x'.*conv1 \(8\)", clean, good, embedding="x"),
        case("include", "unknown_layer", "include: no layer 'bn'", clean, good, include=["bn"]),
        case("exclude", "unknown_layer", "exclude: no layer 'bn'", clean, good, exclude=["bn"]),
        case_vit("unseen", "unknown_layer", "embedding.*down", embedding="attention.out_proj", mode="vit"),
        case_vit("tokens", "bad_shape", "layer up.*use mode='vit'"),
        case("none kept", "no_layer", r"conv1 \(8\)", clean, good, classes=100),
        case("none kept 2", "no_layer", r"conv1 \(8\)", clean, good, classes=100, embedding="conv1"),
        case("none there", "no_layer", "Flatten", clean, good, make=nn.Flatten),
        case("inf", "nonfinite", "layer conv1, shifted side, sample 3",
             clean, loader(changed(x_shifted, 3, inf), y)),
        case("once", "bad_option", "classes", iter(clean), iter(good)),
        case("empty", "empty", "no batch", [], [], classes=3),
        case("distance", "bad_option", "distances.*js", clean, good, distance="euclid"),
        case("mode", "bad_option", "mode.*cnn, vit", clean, good, mode="rnn"),
        case("recompute", "bad_option", "store", clean, good, store="recompute"),
        case("s", "bad_option", "s: -1", clean, good, s=-1),
    ]  # fmt: skip


@pytest.mark.parametrize(("make", "clean", "shifted", "options", "code", "text"), bad_cases())
def test_bad_input(  # noqa: PLR0917
    make: Any, clean: Any, shifted: Any, options: dict[str, Any], code: str, text: str
) -> None:
    model = seeded(make)
    with pytest.raises(co2lib.Error, match=text) as caught:
        domain.preindex(model, clean, shifted, **options)
    assert code_of(caught) == f"preindex.{code}"
    assert hooks_of(model) == 0


def test_bad_samples_are_found_before_the_forward_pass() -> None:
    model = seeded(Cnn)
    x, x_shifted, y = data()
    with pytest.raises(co2lib.Error):
        domain.PreIndex(model, classes=3).update(changed(x, 0, float("nan")), x_shifted, y)
    assert model.forwards == 0


def test_a_width_that_changes() -> None:
    class Growing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 1)
            self.free = nn.Conv2d(1, 4, 1)

        def forward(self, x: Any) -> Any:
            return self.conv(x), self.free(x)

    x, x_shifted, y = data(4)
    estimate = domain.PreIndex(seeded(Growing), classes=3, mode="vit", exclude=["free"])
    estimate.update(x, x_shifted, y)
    with pytest.raises(co2lib.Error, match="layer conv: 128 values per sample after 256") as caught:
        estimate.update(x[:, :, 4:], x_shifted[:, :, 4:], y)
    assert code_of(caught) == "preindex.width_changed"
    assert estimate.result().pairs == 4


def test_a_first_axis_that_is_not_the_batch() -> None:
    class Merged(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(8, 9)

        def forward(self, x: Any) -> Any:
            return self.line(x.reshape(-1, 8))

    with pytest.raises(co2lib.Error, match=r"layer line.*first axis is not the batch") as caught:
        domain.preindex(seeded(Merged), *loaders())
    assert code_of(caught) == "preindex.bad_shape"


def test_pairs_with_infinite_activations_can_be_skipped() -> None:
    x, x_shifted, y = data()
    bad = loader(changed(x_shifted, 3, float("inf")), y)
    res = domain.preindex(seeded(Cnn), loader(x, y), bad, nonfinite="skip_pair", embedding="conv2")
    assert (res.pairs, res.skipped) == (N - 1, 1)
    rest = [i for i in range(N) if i != 3]
    want = domain.preindex(
        seeded(Cnn), loader(x[rest], y[rest]), loader(x_shifted[rest], y[rest]), embedding="conv2"
    )
    assert res.inv_ari == want.inv_ari
    assert res.p == pytest.approx(want.p, abs=1e-4)


def test_update_needs_classes_and_result_needs_a_batch() -> None:
    x, x_shifted, y = data()
    estimate = domain.PreIndex(seeded(Cnn))
    with pytest.raises(co2lib.Error, match="classes: missing") as caught:
        estimate.update(x, x_shifted, y)
    assert code_of(caught) == "preindex.bad_option"
    with pytest.raises(RuntimeError, match="no batch") as state:
        estimate.result()
    assert code_of(state) == "preindex.empty"


# ----------------------------------------------------------------------------------------------------------
# Imports
# ----------------------------------------------------------------------------------------------------------
def test_torch_is_imported_when_it_is_used_only() -> None:
    code = "import sys, co2lib.preindex as p; p.combine(0.1, 0.2); dir(p); print('torch' in sys.modules)"
    code += "; p.PreIndex; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_without_torch_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from co2lib import preindex\n"
        "assert preindex.combine(0.2, 0.7) > 0\n"
        "try:\n    preindex.preindex\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'co2lib[torch]'" in done.stdout


# ----------------------------------------------------------------------------------------------------------
# Processes
# ----------------------------------------------------------------------------------------------------------
WORKER = """
import json, sys
from pathlib import Path
import torch, torch.distributed as dist
from co2lib import preindex
sys.path.insert(0, sys.argv[2])
import models
from co2lib.preindex._distributed import Processes

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
whole = models.data()


def shard(bounds):
    return [part[bounds[rank] : bounds[rank + 1]] for part in whole]


def index(bounds, **options):
    x, x_shifted, y = shard(bounds)
    clean = [(x[i : i + 1], y[i : i + 1]) for i in range(len(y))]
    shifted = [(x_shifted[i : i + 1], y[i : i + 1]) for i in range(len(y))]
    model = models.seeded(models.Cnn)
    res = preindex.preindex(model, clean, shifted, distance="all", group=dist.group.WORLD, **options)
    return json.loads(res.to_json())


class Broken(list):
    # fails while the labels are swept

    def __iter__(self):
        yield from broken(list(super().__iter__()))


def failure(work):
    try:
        work()
    except Exception as error:
        return [type(error).__name__, getattr(error, "code", None), str(error)]


def broken(batches):
    yield batches[0]
    if rank == size - 1:
        raise OSError("the disk is gone")
    yield from batches[1:]


n = len(whole[2])
uneven = [0, *(7 * r + 3 for r in range(1, size)), n]
empty = [n * r // max(1, size - 1) for r in range(size)] + [n]  # the last of several ranks has no sample
empty = empty if size > 1 else [0, n]
out = {
    "uneven": index(uneven),
    "empty": index(empty),
    "one class": index([0, *range(1, size), n]),  # the first ranks have one label each
}
x, x_shifted, y = shard(uneven)

# One rank fails: all raise, and go on together.
batches = [(x[i : i + 1], x_shifted[i : i + 1], y[i : i + 1]) for i in range(len(y))]
model = models.seeded(models.Cnn)
out["failed"] = {
    "labels": failure(lambda: preindex.preindex(model, Broken(batches), group=dist.group.WORLD)),
    "pass": failure(lambda: preindex.preindex(model, broken(batches), group=dist.group.WORLD, classes=3)),
}

# Sums, centres and inertia are those of one process, bit for bit; each rank keeps its own shard.
rows = whole[1].flatten(1).numpy()
start = preindex.class_means(rows, whole[2].numpy()) + 0.01
alone = preindex.lloyd(rows, start)
found = preindex.lloyd(rows[uneven[rank] : uneven[rank + 1]], start, reducer=Processes())
assert (found.centres == alone.centres).all()
assert (found.labels == alone.labels[uneven[rank] : uneven[rank + 1]]).all()
assert (found.inertia, found.tol_abs, found.stop) == (alone.inertia, alone.tol_abs, alone.stop)
bad = rows[uneven[rank] : uneven[rank + 1]].copy()
bad[-1, 3] = float("nan") if rank == size - 1 else 0
out["failed"]["clustering"] = failure(lambda: preindex.lloyd(bad, start, reducer=Processes()))

estimate = preindex.PreIndex(model, classes=3)
estimate.update(x, x_shifted, y)
assert preindex.all_reduce(estimate.accumulator).pairs == n
assert len(estimate.accumulator.embeddings()) == len(estimate.result().cluster.labels) == len(y)
assert estimate.result().cluster.contingency.sum() == n

estimate = preindex.PreIndex(models.seeded(models.Cnn), classes=3, bins=32 + rank)
estimate.update(x, x_shifted, y)
if size > 1:
    try:
        preindex.all_reduce(estimate.accumulator)
    except ValueError as error:
        out["mismatch"] = {"code": error.code, "keys": error.details["keys"]}

# RESQUE's sums travel too.
mine = preindex.Accumulator(preindex.make_options(), 3)
mine.add_resque("clean", x.flatten(1).numpy(), y)
mine.add_resque("shifted", x_shifted.flatten(1).numpy(), y)
out["resque"] = preindex.all_reduce(mine).resque().index
dist.destroy_process_group()
# Nothing keeps the group, so its threads have ended: one could abort the process while Python exits.
out["threads"] = [name.read_text().strip() for name in Path("/proc/self/task").glob("*/comm")]
with open(f"{sys.argv[1]}/{rank}.json", "w") as file:
    json.dump(out, file)
"""


@pytest.mark.parametrize("size", [1, 2, 3])
def test_processes_give_the_index_of_one(tmp_path: Path, size: int) -> None:
    (tmp_path / "worker.py").write_text(WORKER, encoding="utf-8")
    helpers = tmp_path / "helpers"
    helpers.mkdir()
    (helpers / "models.py").write_bytes(Path(__file__).read_bytes())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={size}"]
    done = subprocess.run(
        [*command, tmp_path / "worker.py", tmp_path, helpers],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8")) for rank in range(size)]
    want = json.loads(domain.preindex(seeded(Cnn), *loaders(1), distance="all").to_json())
    failing = ranks[-1].pop("failed")
    why = {"labels": "OSError: the disk is gone", "pass": "OSError: the disk is gone"}
    assert failing["labels"] == failing["pass"] == ["OSError", None, "the disk is gone"]
    assert failing["clustering"][1] == "preindex.nonfinite"
    why["clustering"] = failing["clustering"][2]
    for found in ranks[:-1]:
        for when, error in found.pop("failed").items():
            code = "preindex.rank_failed"
            assert error == ["WrongStateError", code, f"rank {size - 1} failed: {why[when]} [{code}]"]
    for found in ranks:
        assert not [name for name in found.pop("threads") if "gloo" in name]
    for found in ranks:
        assert found == ranks[0]
        for how in ("uneven", "empty", "one class"):
            # Bit for bit; class sums are added in another order, which moves no sample here.
            for key in ("all_distances", "all_standard_errors", "se", "pairs", "layers", "config", "value"):
                assert found[how][key] == want[key], (how, key)
            assert found[how]["clustering"] == want["clustering"]
        if size > 1:
            assert found["mismatch"] == {"code": "preindex.config_mismatch", "keys": ["bins"]}
        x, x_shifted, y = data()
        resque = domain.resque_shift(x.flatten(1).numpy(), y.numpy(), x_shifted.flatten(1).numpy(), y.numpy())
        assert found["resque"] == pytest.approx(resque.index, rel=1e-12)


def test_without_processes_all_reduce_says_so() -> None:
    accumulator = domain.Accumulator(domain.make_options(), 3)
    with pytest.raises(RuntimeError, match="init_process_group") as caught:
        domain.all_reduce(accumulator)
    assert code_of(caught) == "preindex.not_distributed"


# ----------------------------------------------------------------------------------------------------------
# Instrumented programs
# ----------------------------------------------------------------------------------------------------------
def hook_vectors(model: Any, mode: str, embedding: str, x: Any, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the hooks of PreIndex hand over for the clean side."""
    found: dict[str, Any] = {}
    add = domain.Accumulator.add_pairs

    def spy(self: Any, layer: int, clean: Any, shifted: Any) -> None:
        found[self.layers[layer][0]] = np.array(clean)
        add(self, layer, clean, shifted)

    patch.setattr(domain.Accumulator, "add_pairs", spy)
    domain.PreIndex(model, classes=1, mode=mode, embedding=embedding).update(x, x, [0] * len(x))
    return found


@pytest.mark.parametrize(("make", "mode", "embedding"), CASES)
def test_an_exported_program_gives_the_vectors_of_the_hooks(
    make: Any, mode: str, embedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = seeded(make)
    x, _, _ = data()
    want = hook_vectors(model, mode, embedding, x, monkeypatch)
    wrapped = domain.instrument(model, mode, embedding)
    with torch.no_grad():
        program = torch.export.export(
            wrapped, (x[:4],), dynamic_shapes=(({0: torch.export.Dim("batch")},),), strict=False
        )
        outputs = [wrapped(x), program.module()(x)]
        plain = model(x)
    assert hooks_of(model) == 0
    assert wrapped.layers == list(want)
    described = json.loads(wrapped.metadata()["co2lib.preindex"])
    assert described["mode"] == mode
    assert described["embedding"] == embedding
    assert [layer["name"] for layer in described["layers"]] == list(want)
    raw = activations(model, x)[embedding]
    for output, rows, *vectors in outputs:
        torch.testing.assert_close(output, plain)
        np.testing.assert_allclose(rows.numpy(), raw.reshape(N, -1), atol=1e-6)
        for name, vector in zip(want, vectors, strict=True):
            np.testing.assert_allclose(vector.numpy(), want[name], atol=1e-6, err_msg=name)


def test_an_instrumented_model_needs_a_layer_and_evaluation_mode() -> None:
    model = seeded(Cnn)
    with pytest.raises(co2lib.Error, match=r"no layer 'x'.*conv2 \(12\)") as caught:
        domain.instrument(model, embedding="x")
    assert code_of(caught) == "preindex.unknown_layer"
    with pytest.raises(co2lib.Error, match=r"model.eval\(\)") as caught:
        domain.instrument(model.train(), embedding="conv2")
    assert code_of(caught) == "preindex.bad_option"
    with pytest.raises(RuntimeError, match="not known before") as state:
        domain.instrument(model.eval(), embedding="conv2").metadata()
    assert code_of(state) == "preindex.no_layer"
