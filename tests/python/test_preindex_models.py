# SPDX-License-Identifier: MIT
"""PreIndex on models as people have them: stand-ins for what zoos, adapters and wrappers do."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import co2lib
from co2lib import preindex as domain

torch = pytest.importorskip("torch", reason="needs PyTorch (only in the full environment)")
nn = torch.nn
CLASSES, N = 3, 30
Y = torch.arange(N) % CLASSES


def images(channels: int = 1, size: int = 8) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(CLASSES, channels, size, size, generator=generator)[Y]
    x = (0.7 * x + 0.3 * torch.rand(x.shape, generator=generator)).clamp(0, 1)
    return x, (x + 0.3 * torch.randn(x.shape, generator=generator)).clamp(0, 1)


def sequences(tokens: int, width: int) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(CLASSES, tokens, width, generator=generator)[Y]
    x = x + torch.randn(x.shape, generator=generator)
    return x, x + 0.5 * torch.randn(x.shape, generator=generator)


def index(model: Any, before: Any, after: Any, *, batch: int = N, **options: Any) -> Any:
    def batches(x: Any) -> list[Any]:
        def part(value: Any, i: int) -> Any:
            return (
                {k: v[i : i + batch] for k, v in value.items()}
                if isinstance(value, dict)
                else value[i : i + batch]
            )

        return [(part(x, i), Y[i : i + batch]) for i in range(0, N, batch)]

    return domain.preindex(model, batches(before), batches(after), progress=False, **options)


def cnn() -> Any:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.Conv2d(16, 8, 3), nn.Flatten(), nn.Linear(128, 3))


def names(result: Any) -> list[str]:
    return [layer.name for layer in result.layers]


def codes(result: Any) -> list[str]:
    return [issue.code for issue in result.issues]


def refused(call: Any, code: str) -> Any:
    with pytest.raises(co2lib.Error) as caught:
        call()
    assert caught.value.code == f"preindex.{code}"
    return caught.value


# ----------------------------------------------------------------------------------------------------------
# What is a layer
# ----------------------------------------------------------------------------------------------------------
class Block(nn.Sequential):
    """Convolution, norm and activation that state their width, as torchvision's and timm's do."""

    def __init__(self, width: int) -> None:
        super().__init__(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        self.out_channels = width


class Backbone(nn.Module):
    """An encoder that lists its widths."""

    def __init__(self, widths: Any) -> None:
        super().__init__()
        self.out_channels = self.out_features = widths
        self.block = Block(16)
        self.head = nn.Conv2d(16, 8, 1)

    def forward(self, x: Any) -> Any:
        return self.head(self.block(x))


@pytest.mark.parametrize("widths", [[1, 16], ["stage1"], (8,), 8, True, None, "8"])
def test_blocks_and_encoders_that_state_a_width_are_no_layers(widths: Any) -> None:
    model = Backbone(widths)
    result = index(model, *images())
    assert names(result) == ["block.0", "head"]
    assert names(index(model, *images(), exclude=["head"])) == ["block.0", "head"]
    error = refused(lambda: index(model, *images(), embedding="block"), "unknown_layer")
    assert "block.0 (16), head (8)" in error.message


class Lora(nn.Module):
    """As peft has it: the layer and a low-rank path beside it."""

    def __init__(self, base: Any, base_name: str = "base_layer") -> None:
        super().__init__()
        self.in_features, self.out_features = 4, 4
        setattr(self, base_name, base)
        self.base_name = base_name
        kind = nn.Linear if isinstance(base, nn.Linear) else nn.Conv2d
        sizes = (
            (base.in_features, base.out_features)
            if kind is nn.Linear
            else (base.in_channels, base.out_channels)
        )
        self.in_features, self.out_features = sizes
        more = () if kind is nn.Linear else (1,)
        self.lora_A = nn.ModuleDict({"default": kind(sizes[0], 2, *more)})
        self.lora_B = nn.ModuleDict({"default": kind(2, sizes[1], *more)})

    @property
    def weight(self) -> Any:
        return getattr(self, self.base_name).weight

    def forward(self, x: Any) -> Any:
        base = getattr(self, self.base_name)(x)
        low = self.lora_B["default"](self.lora_A["default"](x))
        return base + 0 * (low if low.shape == base.shape else low[..., 1:-1, 1:-1])


@pytest.mark.parametrize("name", ["base_layer", "linear"])
def test_a_layer_with_an_adapter_counts_once(name: str) -> None:
    plain = index(cnn(), *images())
    model = cnn()
    model[0], model[4] = Lora(model[0], name), Lora(model[4], name)
    adapted = index(model, *images())
    assert names(adapted) == names(plain) == ["0", "2", "4"]
    assert (adapted.p, adapted.value) == (plain.p, plain.value)
    assert adapted.config["embedding"] == "2"  # the convolution, also where an adapter says out_features
    sizes = [sum(p.numel() for p in part.parameters()) for part in (model[0], model[2], model)]
    assert adapted.observed_share == pytest.approx((sizes[0] + sizes[1]) / sizes[2])


def test_what_is_compiled_or_parallel_is_observed_as_it_is_inside() -> None:
    plain = index(cnn(), *images(), embedding="0")
    compiled = torch.compile(cnn(), backend="eager")
    part = cnn()
    part[0] = torch.compile(part[0], backend="eager")
    in_place = cnn()
    in_place.compile(backend="eager")
    parallel = nn.DataParallel(cnn())
    for model, prefix in (
        (compiled, "_orig_mod.0"),
        (part, "0._orig_mod"),
        (in_place, "0"),
        (parallel, "module.0"),
    ):
        with torch.no_grad():
            model(images()[0]), model(images()[0])  # warm
        for name in ("0", prefix):
            found = index(model, *images(), embedding=name)
            assert (names(found), found.p, found.config_hash) == (names(plain), plain.p, plain.config_hash)
    assert torch.compiler.set_stance  # what runs compiled code uncompiled


def test_layers_shared_under_two_names_are_known_by_both() -> None:
    model = cnn()
    model.again = model[2]
    model.forward = nn.Sequential(*list(model)[:5]).forward
    assert names(index(model, *images(), embedding="again")) == ["0", "2", "4"]


def test_layers_of_its_own_are_named_by_their_type() -> None:
    class Conv1D(nn.Module):
        """GPT-2's linear layer, which states no width."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(16, 16) / 4)

        def forward(self, x: Any) -> Any:
            return x @ self.weight

    torch.manual_seed(0)
    model = nn.Sequential(Conv1D(), nn.GELU(), Conv1D(), nn.Linear(16, 5))
    said = index(model, *sequences(6, 16), mode="vit")
    assert names(said) == ["3"]
    assert said.observed_share == pytest.approx(85 / (85 + 512))
    (issue,) = [one for one in said.issues if one.code == "unobserved_parameters"]
    assert "14.2 %" in issue.text
    assert "Conv1D 85.8 %" in issue.text
    counted = index(model, *sequences(6, 16), mode="vit", layer_types=[Conv1D])
    assert names(counted) == ["0", "2", "3"]
    assert counted.observed_share == 1
    assert "unobserved_parameters" not in codes(counted)
    refused(lambda: index(model, *sequences(6, 16), mode="vit", layer_types=["Conv1D"]), "bad_option")
    refused(lambda: index(model[:1], *sequences(6, 16), mode="vit"), "no_layer")


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(16, 8)
        self.rnn = nn.LSTM(8, 32, batch_first=True)
        self.unused = nn.Linear(32, 8)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.head(self.rnn(self.embed(x))[0].mean(1))


def test_the_share_of_parameters_that_is_observed_is_said() -> None:
    result = index(Recurrent(), *sequences(6, 16), mode="vit")
    assert result.layers_unseen == ["unused"]
    total = sum(p.numel() for p in Recurrent().parameters())
    assert result.observed_share == pytest.approx((16 * 8 + 8) / total)
    (issue,) = [one for one in result.issues if one.code == "unobserved_parameters"]
    assert "LSTM 91.5 %" in issue.text
    assert "Linear (no output) 4.5 %" in issue.text
    assert "Linear (not counted)" in issue.text
    tied = cnn()
    tied.twin = nn.Linear(1, 1)
    tied.twin.weight = tied[4].weight  # counted once
    tied.twin.bias = None
    tied.forward = nn.Sequential(*list(tied)[:5]).forward
    assert index(tied, *images()).observed_share == pytest.approx(
        1 - (128 * 3 + 3) / sum(p.numel() for p in tied.parameters())
    )


# ----------------------------------------------------------------------------------------------------------
# Axes
# ----------------------------------------------------------------------------------------------------------
class Mixer(nn.Module):
    """Linear layers on maps whose channels are last, between convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.up = nn.Linear(6, 20)
        self.head = nn.Linear(20, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.head(self.up(self.conv(x).permute(0, 2, 3, 1)).mean((1, 2)))


def test_a_linear_layer_on_a_map_has_its_channels_last() -> None:
    torch.manual_seed(0)
    model = Mixer().eval()
    result = index(model, *images(), embedding="conv")
    assert [(layer.name, layer.width) for layer in result.layers] == [("conv", 6), ("up", 20), ("head", 3)]
    sides = []
    for x in images():
        with torch.no_grad():
            conv = model.conv(x)
            sides.append({"conv": conv, "up": model.up(conv.permute(0, 2, 3, 1)).numpy()})
    moved = [{"conv": s["conv"], "up": np.moveaxis(s["up"], -1, 1)} for s in sides]
    want = domain.from_activations(*moved, Y, embedding="conv")
    assert result.per_layer["up"][64]["js"] == pytest.approx(want.per_layer["up"][64]["js"], abs=1e-3)
    last = [{"up": s["up"]} for s in sides]
    said = domain.from_activations(*last, Y, channels="last")
    assert said.per_layer["up"] == want.per_layer["up"]
    refused(lambda: domain.from_activations(*last, Y, channels="C"), "bad_option")


def test_a_width_that_is_not_where_it_should_be_is_refused() -> None:
    class Last(nn.Module):
        """A convolution of its own that gives its channels last."""

        def __init__(self) -> None:
            super().__init__()
            self.out_channels = 7
            self.weight = nn.Parameter(torch.randn(7, 1, 3, 3))

        def forward(self, x: Any) -> Any:
            return nn.functional.conv2d(x, self.weight).permute(0, 2, 3, 1)

    error = refused(lambda: index(nn.Sequential(Last()), *images()), "bad_shape")
    assert "has not its 7 channels as second axis" in error.message
    assert index(nn.Sequential(Last()), *images(), mode="vit").layers[0].width == 6 * 6 * 7


class TokensFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(16, 20)
        self.head = nn.Linear(20, CLASSES)

    def forward(self, x: Any) -> Any:
        return self.head(self.line(x.transpose(0, 1)).mean(0))


@pytest.mark.parametrize("batch", [1, 5, 10, 15])
def test_the_batch_axis_is_not_taken_for_granted(batch: int) -> None:
    # Tokens come first: refused for every size of the batches, also with as many tokens as samples.
    error = refused(lambda: index(TokensFirst(), *sequences(10, 16), mode="vit", batch=batch), "bad_shape")
    assert error.details["layers"] == ["line"]
    assert "first axis is not the batch" in error.message
    left = index(
        TokensFirst(), *sequences(10, 16), mode="vit", batch=batch, exclude=["line"], include=["head"]
    )
    assert names(left) == ["line", "head"]


class Prompts(nn.Module):
    """A branch that sees no sample: as many prompts as classes, or as samples."""

    def __init__(self, prompts: int) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.randn(prompts, 16))
        self.text = nn.Linear(16, 24)
        self.image = nn.Linear(64, 24)

    def forward(self, x: Any) -> Any:
        return self.image(x.flatten(1)) @ self.text(self.words).T


def test_a_layer_that_sees_no_sample_is_refused_with_any_number_of_them() -> None:
    for batch in (10, 15):
        error = refused(lambda: index(Prompts(10), *images(), batch=batch), "bad_shape")  # noqa: B023
        assert error.details["layers"] == ["text"]
    assert index(Prompts(10), *images(), exclude=["text"]).p > 0


def test_models_for_one_size_of_batches_are_told_what_was_not_checked() -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(16, 20)

        def forward(self, x: Any) -> Any:
            return self.line(x.view(10, 10, 16))

    result = index(Fixed(), *sequences(10, 16), mode="vit", batch=10)
    assert "batch_axis" in codes(result)


def test_all_layers_that_cannot_be_used_are_named_at_once() -> None:
    class Windows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = nn.Linear(16, 16), nn.Linear(16, 16), nn.Linear(16, 16)
            self.both = nn.LSTM(16, 16, batch_first=True)
            self.both.out_features = 16

        def forward(self, x: Any) -> Any:
            n = len(x)
            y = self.b(self.a(x.reshape(n * 2, -1, 16))).reshape(x.shape)
            return self.c(self.both(y)[0])

    error = refused(lambda: index(Windows(), *sequences(4, 16), mode="vit"), "bad_shape")
    assert error.details["layers"] == ["a", "b", "both"]
    assert "no tensor" in error.message
    assert names(index(Windows(), *sequences(4, 16), mode="vit", exclude=error.details["layers"]))


# ----------------------------------------------------------------------------------------------------------
# How a model is run
# ----------------------------------------------------------------------------------------------------------
class Keywords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(16, 32)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, values: Any = None, mask: Any = None) -> dict[str, Any]:
        return {"logits": self.head((self.dense(values) * mask[..., None]).mean(1))}


class OneMapping(Keywords):
    def forward(self, batch: Any) -> Any:  # type: ignore[override]
        return super().forward(**batch)


class Several(Keywords):
    def forward(self, values: Any, mask: Any) -> Any:
        return super().forward(values, mask)


def test_models_take_mappings_and_lists_as_their_signature_says() -> None:
    x, shifted = sequences(6, 16)
    mask = torch.ones(N, 6)
    torch.manual_seed(0)
    state = Keywords().state_dict()

    def found(make: Any, pack: Any, **options: Any) -> Any:
        model = make()
        model.load_state_dict(state)
        before, after = ([(pack(side), Y)] for side in (x, shifted))
        return domain.preindex(model, before, after, mode="vit", progress=False, **options)

    want = found(Keywords, lambda t: {"values": t, "mask": mask}).value
    assert found(OneMapping, lambda t: {"values": t, "mask": mask.numpy()}).value == want
    assert found(Several, lambda t: (t, mask)).value == want
    assert found(Several, lambda t: [t.numpy(), mask]).value == want
    own = {"forward": lambda model, x: model(x["a"], x["b"])}
    assert found(Keywords, lambda t: {"a": t, "b": mask}, **own).value == want
    error = refused(lambda: found(Keywords, lambda t: {"a": t, "b": mask}), "bad_sample")
    assert "takes (values, mask), the batch has the keys a, b" in error.message
    assert "forward=" in error.message
    refused(lambda: found(Keywords, lambda t: t, forward="call"), "bad_option")
    with pytest.raises(TypeError) as caught:
        found(Keywords, lambda t: {"values": t})
    assert "keyword arguments values" in caught.value.__notes__[0]


def test_both_sides_draw_the_same_random_numbers_and_leave_none_missing() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.line = nn.Linear(64, 16)

        def forward(self, x: Any) -> Any:
            return self.line(nn.functional.dropout(x.flatten(1), 0.5, training=True))

    x, shifted = images()
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    assert index(Noisy(), x, x, batch=7).p == 0
    assert index(Noisy(), x, shifted, batch=7).p > 0
    torch.manual_seed(5)
    model = Noisy()
    state = torch.get_rng_state()
    index(model, x, shifted)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(3), want)


def test_modes_are_set_by_the_models_own_methods() -> None:
    class Merging(nn.Linear):
        """Merges its adapter when it is evaluated, as loralib does."""

        merged = False

        def train(self, mode: bool = True) -> Any:
            self.merged = not mode
            return super().train(mode)

    model = nn.Sequential(nn.Flatten(), Merging(64, 8), nn.Linear(8, 3))
    model[2].eval()
    seen: list[bool] = []
    handle = model[1].register_forward_hook(lambda m, *_: seen.append(m.merged))
    index(model, *images())
    handle.remove()
    assert seen == [True, True]
    assert not model[1].merged
    assert [m.training for m in model] == [True, True, False]


def test_encoders_with_padding_are_observed_sample_by_sample() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 1)
            self.head = nn.Linear(16, CLASSES)

        def forward(self, x: Any) -> Any:
            padding = torch.zeros(len(x), 10, dtype=torch.bool)
            padding[0, 7:] = True
            return self.head(self.encoder(x, src_key_padding_mask=padding).mean(1))

    result = index(Encoder(), *sequences(10, 16), mode="vit")
    assert names(result) == ["encoder.layers.0.linear1", "encoder.layers.0.linear2", "head"]
    assert torch.backends.mha.get_fastpath_enabled()


def test_programs_that_were_exported_are_told_of_the_remedy() -> None:
    x, shifted = images()
    program = torch.export.export(cnn().eval(), (x,)).module()
    assert "instrument it before" in refused(lambda: index(program, x, shifted), "no_layer").message


def test_threads_may_share_a_model() -> None:
    model = cnn().train()
    x, shifted = images()
    want = index(model, x, shifted, batch=5).p
    found: list[Any] = []
    began = threading.Barrier(2, timeout=30)

    def work() -> None:
        try:
            began.wait()
            found.append(index(model, x, shifted, batch=5).p)
        except Exception as error:
            found.append(error)

    for _ in range(5):
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert model.training
    assert found == [want] * 10
    assert not any(module._forward_hooks for module in model.modules())


def test_an_accumulator_tells_threads_that_share_it() -> None:
    rows = np.random.default_rng(0).normal(size=(400, 2000)).astype(np.float32)
    shared = domain.Accumulator(domain.make_options(distance="all", threads=1), 3)
    layer = shared.layer("a", 2000)
    codes: list[str] = []

    def work() -> None:
        for _ in range(5):
            try:
                shared.add_pairs(layer, rows, rows)
            except co2lib.Error as error:
                codes.append(error.code)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) == {"preindex.in_use"}


# ----------------------------------------------------------------------------------------------------------
# What is refused
# ----------------------------------------------------------------------------------------------------------
def test_models_that_cannot_be_observed_are_refused() -> None:
    x, shifted = images()
    meta = cnn()
    meta[2].to("meta")
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(8))
    with pytest.warns(DeprecationWarning, match="script"):
        script = torch.jit.script(cnn())
    for model, text in (
        (script, "outside of Python"),
        (meta, "2 is on the meta device"),
        (lazy, "1.weight is not initialised"),
        (cnn().state_dict(), "OrderedDict"),
        (nn.Linear, "Linear"),
        (lambda t: t, "function"),
        (None, "NoneType"),
    ):
        assert text in refused(lambda: index(model, x, shifted), "bad_option").message  # noqa: B023


def test_outputs_that_are_no_real_numbers_are_refused() -> None:
    class Complex(nn.Linear):
        def forward(self, x: Any) -> Any:
            y = super().forward(x.flatten(1))
            return torch.complex(y, y)

    class Whole(nn.Linear):
        def forward(self, x: Any) -> Any:
            return super().forward(x.flatten(1)).long()

    class Sparse(nn.Linear):
        def forward(self, x: Any) -> Any:
            return super().forward(x.flatten(1)).to_sparse()

    for kind in (Complex, Whole, Sparse):
        refused(lambda: index(nn.Sequential(kind(64, 8)), *images()), "bad_shape")  # noqa: B023


@pytest.mark.parametrize(
    "labels",
    [
        [2**63 + i for i in range(N)],
        np.arange(N, dtype=np.uint64) + 2**63,
        Y.bool(),
        Y.double(),
        nn.functional.one_hot(Y),
        0.5,
        {"label": Y},
        [b"a"] * N,
        object(),
        [[1]] * N,
    ],
)
def test_labels_of_other_kinds_are_refused(labels: Any) -> None:
    x, shifted = images()
    with pytest.raises(co2lib.Error) as caught:
        domain.preindex(cnn(), [(x, labels)], [(shifted, labels)], classes=3, progress=False)
    assert caught.value.code in {"preindex.bad_option", "preindex.bad_sample"}


def test_labels_of_every_integer_type_are_read() -> None:
    x, shifted = images()
    want = domain.preindex(cnn(), [(x, Y)], [(shifted, Y)], progress=False).value
    for labels in (
        Y.to(torch.uint8),
        list(Y),
        [np.int8(i) for i in Y],
        np.asarray(Y, np.uint64),
        tuple(Y.tolist()),
    ):
        assert domain.preindex(cnn(), [(x, labels)], [(shifted, labels)], progress=False).value == want


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"classes": 2.5}, "classes"),
        ({"classes": -1}, "classes"),
        ({"classes": True}, "classes"),
        ({"classes": "3"}, "classes"),
        ({"exclude": "0"}, "exclude"),
        ({"include": [0]}, "include"),
        ({"bins": 2.5}, "bins"),
        ({"bins": "64"}, "bins"),
        ({"distance": 3}, "distance"),
        ({"mode": None}, "mode"),
        ({"s": "1"}, "s"),
        ({"threads": -1}, "threads"),
        ({"embedding": 0}, "embedding"),
        ({"repeated_call": "sum"}, "repeated_call"),
    ],
)
def test_options_of_a_wrong_type_are_named(options: dict[str, Any], name: str) -> None:
    assert refused(lambda: index(cnn(), *images(), **options), "bad_option").details["option"] == name


def test_loaders_that_cannot_pair_are_refused() -> None:
    x, shifted = images()
    data, moved = (torch.utils.data.TensorDataset(t, Y) for t in (x, shifted))

    def run(clean: Any, other: Any = None, **options: Any) -> Any:
        return domain.preindex(cnn(), clean, other, progress=False, **{"classes": 3, **options})

    shuffled = torch.utils.data.DataLoader(data, 10, shuffle=True)
    plain = torch.utils.data.DataLoader(moved, 10)
    assert "shuffle=False" in refused(lambda: run(shuffled, plain), "unpaired").message
    assert "shuffle=False" in refused(lambda: run(plain, shuffled), "unpaired").message
    seeded = [
        torch.utils.data.DataLoader(d, 10, shuffle=True, generator=torch.Generator().manual_seed(1))
        for d in (data, moved)
    ]
    assert run(*seeded).pairs == N
    once = iter([(x, Y), (x, Y)])
    refused(lambda: run(once, once), "unpaired")
    refused(lambda: run(data, moved), "bad_option")
    refused(lambda: run(5, 5), "bad_option")
    refused(lambda: run("clean", "shifted"), "bad_option")
    refused(lambda: run([{"x": x, "labels": Y}], [{"x": shifted, "labels": Y}]), "bad_sample")
    refused(lambda: run([(x, Y)], [(shifted.double(), Y)]), "unpaired")
    empty = [(x, Y), (x[:0], Y[:0])]
    assert run(empty, empty).pairs == N
    sparse = nn.Sequential(nn.Linear(64, 8))
    flat = x.flatten(1)
    assert (
        domain.preindex(
            sparse, [(flat.to_sparse(), Y)], [(flat.to_sparse(), Y)], classes=3, progress=False
        ).pairs
        == N
    )


def test_labels_that_are_not_those_of_the_targets_are_said() -> None:
    x, shifted = images()
    data, moved = (torch.utils.data.TensorDataset(t, Y) for t in (x, shifted))
    data.targets = torch.arange(N) % 10  # ten, of which the loader gives three
    loaders = [torch.utils.data.DataLoader(d, 10) for d in (data, moved)]
    result = domain.preindex(cnn(), *loaders, progress=False)
    assert "classes" in codes(result)
    data.targets = [{"boxes": 1}] * N  # no labels at all: counted in a sweep
    assert "classes" not in codes(domain.preindex(cnn(), *loaders, progress=False))
    data.targets, data.target_transform = torch.arange(N) % 10, int
    assert "classes" not in codes(domain.preindex(cnn(), *loaders, progress=False))


# ----------------------------------------------------------------------------------------------------------
# Pairs of images
# ----------------------------------------------------------------------------------------------------------
def paired(x: Any, corruption: Any, **options: Any) -> Any:
    return domain.PairedDataset(torch.utils.data.TensorDataset(x, Y), corruption, **options)


@pytest.mark.parametrize(
    "options", [{}, {"quantise": False}, {"wrap_u8": True}, {"clamp": False, "quantise": False}]
)
def test_both_sides_are_rounded_alike(options: dict[str, Any]) -> None:
    x = torch.rand(N, 1, 8, 8, generator=torch.Generator().manual_seed(4))
    pairs = paired(x, ("gauss", 0.0), **options)
    assert all(torch.equal(a, b) for a, b, _ in (pairs[i] for i in range(N)))
    loader = torch.utils.data.DataLoader(pairs, 10)
    assert domain.preindex(cnn(), loader, progress=False).p == 0
    assert torch.equal(pairs[-1][1], pairs[N - 1][1])
    moved = paired(x, ("gauss", 0.2), transform=lambda t: (t - 0.5) / 0.5, **options)
    plain = paired(x, ("gauss", 0.2), **options)
    for i in (0, 7):
        for a, b in zip(moved[i][:2], plain[i][:2], strict=True):
            assert torch.equal(a, (b - 0.5) / 0.5)


def test_images_that_are_not_in_the_unit_range_are_refused_unless_asked_for() -> None:
    x, _ = images()
    error = refused(lambda: paired((x - 0.5) / 0.5, ("blur", 1.0))[0], "bad_sample")
    assert "normalise after the corruption" in error.message
    refused(lambda: paired((255 * x).byte(), ("gauss", 0.1))[0], "bad_sample")
    asked = paired(2 * x - 1, ("gauss", 0.0), any_range=True, quantise=False, clamp=False)[0]
    assert torch.equal(asked[0], asked[1])
    assert float(asked[0].min()) < 0
    cut = paired(2 * x - 1, ("gauss", 0.0), any_range=True)[0]
    assert torch.equal(cut[0], cut[1])
    assert float(cut[0].min()) == 0
    for bad, kind in (
        ("gauss", "corruption"),
        (("gauss",), "corruption"),
        (3, "corruption"),
    ):
        assert refused(lambda: paired(x, bad), "bad_option").details["option"] == kind  # noqa: B023
    refused(lambda: paired(x, ("gauss", 0.1), quantize=True), "bad_option")
    refused(lambda: paired(x, lambda t: t, quantise=True), "bad_option")
    refused(lambda: domain.PairedDataset(iter([]), ("gauss", 0.1)), "bad_option")


def test_costs_are_the_indexs_own() -> None:
    x, shifted = images()
    with co2lib.track(meters=[], gpus=[], location="FRA") as run:
        results = [index(cnn(), x, shifted, tracker=run) for _ in range(3)]
    assert [r.cost.name for r in results] == ["preindex", "preindex 2", "preindex 3"]
    assert [r.cost.count for r in results] == [1, 1, 1]
    late = index(cnn(), x, shifted, tracker=run)
    assert late.cost is None
    assert "no_cost" in codes(late)
    refused(lambda: index(cnn(), x, shifted, tracker=object()), "bad_option")
