# SPDX-License-Identifier: MIT
"""A tiny transformer serves requests in shared batches; each request gets its joules and grams."""

from dataclasses import dataclass, field

import torch
from torch.nn import functional

import co2lib
from co2lib import inference

torch.manual_seed(1)
torch.set_num_threads(1)  # a step is too small to share
LAYERS, HIDDEN, VOCABULARY, IDLE_W = 2, 64, 256, 0.0
GRAMS_PER_KWH = 56.0


class Decoder(torch.nn.Module):
    """Reads one token of each sequence, with all keys and values so far."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCABULARY, HIDDEN)
        self.mixes = torch.nn.ModuleList(torch.nn.Linear(HIDDEN, 3 * HIDDEN) for _ in range(LAYERS))
        self.outs = torch.nn.ModuleList(torch.nn.Linear(HIDDEN, HIDDEN) for _ in range(LAYERS))
        self.head = torch.nn.Linear(HIDDEN, VOCABULARY)

    def forward(
        self, tokens: torch.Tensor, cache: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take tokens [b], cache [layers, 2, b, c, h], mask [b, 1, c + 1]; return tokens, new column."""
        x, columns = self.embedding(tokens)[:, None], []
        for layer, (mix, out) in enumerate(zip(self.mixes, self.outs, strict=True)):
            query, key, value = mix(x).chunk(3, -1)
            columns.append(torch.stack([key, value]))
            keys, values = torch.cat([cache[layer], columns[-1]], 2)
            x = x + out(functional.scaled_dot_product_attention(query, keys, values, mask))
        return self.head(x[:, 0]).argmax(-1), torch.stack(columns)


@dataclass
class Request:
    """What one user asked, and what it has used."""

    name: str
    prompt: list[int]
    new_tokens: int
    done: int = 0
    joules: float = 0.0
    seen: list[int] = field(default_factory=list)

    @property
    def context(self) -> int:
        """Tokens whose keys and values are kept."""
        return self.done

    @property
    def finished(self) -> bool:
        """Whether all tokens are made."""
        return self.done >= len(self.prompt) + self.new_tokens


model = Decoder().eval()
PARAMETERS = sum(p.numel() for p in model.parameters())
WEIGHT_BYTES = 4.0 * PARAMETERS


def work(context: int) -> tuple[int, float, float]:
    """Return tokens, FLOPs and bytes of keys and values of one sequence in one step."""
    return 1, 2.0 * PARAMETERS + 4.0 * LAYERS * HIDDEN * context, 8.0 * LAYERS * HIDDEN * (context + 1)


@torch.no_grad()
def step(contexts: list[int], tokens: list[int], cache: torch.Tensor) -> tuple[list[int], torch.Tensor]:
    """Read one token of each sequence."""
    longest = cache.shape[3]
    places = torch.arange(longest + 1)[None]
    mask = (places < torch.tensor(contexts)[:, None]) | (places == longest)
    following, column = model(torch.tensor(tokens), cache, mask[:, None])
    return following.tolist(), column


def point(tracker: co2lib.Tracker, name: str, batch: int, context: int, runs: int) -> dict[str, float | str]:
    """Measure steps of one size; one of them is a point of the fit."""
    cache = torch.zeros(LAYERS, 2, batch, context, HIDDEN)
    region = tracker.begin("calibration")
    for _ in range(runs):
        step([context] * batch, [1] * batch, cache)
    used = tracker.end(region)
    assert used is not None
    _, flops, kv_bytes = work(context)
    sizes = {"flops": batch * flops, "kv_bytes": batch * kv_bytes, "batch": batch}
    # Without a sensor the energy is a model of load and time; a step is never free.
    energy = max((used.energy.joules or 0.0) / runs, 1e-9)
    return {"group": name, "weight_bytes": WEIGHT_BYTES, "layers": LAYERS, "energy_j": energy} | sizes


requests = [
    Request("summary", list(range(1, 25)), new_tokens=8),
    Request("answer", list(range(1, 9)), new_tokens=24),
    Request("title", list(range(1, 17)), new_tokens=4),
]
with co2lib.Tracker() as tracker:
    points = [point(tracker, f"context {c}", b, c, runs=30) for c in (8, 32, 128) for b in (1, 2, 4, 8)]
    fit = inference.fit_llm(points)
    coefficients = inference.llm_coefficients(fit["coefficients"])

    active, measured, idle_joules, steps = list(requests), 0.0, 0.0, 0
    caches = {each.name: torch.zeros(LAYERS, 2, 1, 0, HIDDEN) for each in requests}
    while active:
        longest = max(each.context for each in active)
        rows = [functional.pad(caches[r.name], (0, 0, 0, longest - r.context)) for r in active]
        contexts = [each.context for each in active]
        tokens = [(each.prompt + each.seen)[each.done] for each in active]
        region = tracker.begin("step")
        following, column = step(contexts, tokens, torch.cat(rows, 2))
        used = tracker.end(region)
        assert used is not None
        energy = used.energy.joules or 0.0
        parts, idle = inference.llm_split(
            coefficients,
            [work(context) for context in contexts],
            weight_bytes=WEIGHT_BYTES,
            layers=LAYERS,
            energy_j=energy,
            idle_j=min(energy, IDLE_W * used.duration_s),
        )
        measured, idle_joules, steps = measured + energy, idle_joules + idle, steps + 1
        for place, (each, joules) in enumerate(zip(active, parts, strict=True)):
            caches[each.name] = torch.cat([caches[each.name], column[:, :, place : place + 1]], 3)
            each.joules += joules
            each.done += 1
            if each.done >= len(each.prompt):
                each.seen.append(following[place])
        active = [each for each in active if not each.finished]

print(f"{'request':10} {'tokens':>6} {'energy':>12} {'carbon':>12}")
for each in requests:
    grams = each.joules / 3.6e6 * GRAMS_PER_KWH
    print(f"{each.name:10} {each.done:6d} {each.joules * 1e3:9.3f} mJ {grams * 1e6:9.3f} ug")
total = sum(each.joules for each in requests) + idle_joules
assert abs(total - measured) <= 1e-9 * max(1.0, measured)
print(
    f"{steps} steps used {measured * 1e3:.3f} mJ; requests and idle ({idle_joules * 1e3:.3f} mJ) add up to it"
)
error = fit["left_one_group_out_mape_percent"]
print(f"leaving one context out, a step's energy was off by {error:.0f} % on average")
if any(issue.code == "model_only" for issue in tracker.snapshot().issues):
    print("no sensor was found: the energy is a model of load and time (model_only)")
