# SPDX-License-Identifier: MIT
"""Writes the layers of common vision models that configurations are drawn like.

python tools/layer_priors.py    writes python/co2lib/inference/profiling/data/layers.json
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from co2lib.inference.profiling import _networks as nets

FILE = Path(__file__).resolve().parents[1] / "python/co2lib/inference/profiling/data/layers.json"


def models() -> list[nets.Graph]:
    """Return the reference architectures, in several widths."""
    found = [nets.vgg(depths=d) for d in ((1, 1, 2, 2, 2), (2, 2, 2, 2, 2), (2, 2, 3, 3, 3), (2, 2, 4, 4, 4))]
    for depths in ((2, 2, 2, 2), (3, 4, 6, 3)):
        found += [nets.resnet(depths=depths, width=w) for w in (0.5, 1.0)]
    found += [nets.resnet(depths=d, bottleneck=True) for d in ((3, 4, 6, 3), (3, 4, 23, 3))]
    found += [nets.mobilenet_v1(width=w) for w in (0.25, 0.5, 0.75, 1.0)]
    found += [nets.mobilenet_v2(width=w, k=k) for w in (0.35, 0.5, 0.75, 1.0, 1.4) for k in (3, 5)]
    for hw in (96, 128, 160, 192):
        found += [nets.mobilenet_v2(hw=hw, width=w) for w in (0.5, 1.0)]
        found += [nets.resnet(hw=hw), nets.resnet(hw=hw, depths=(3, 4, 6, 3), bottleneck=True)]
        found += [nets.vgg(hw=hw, depths=(2, 2, 3, 3, 3))]
    found += [nets.densenet(depths=(6, 12, 24, 16)), nets.densenet(depths=(6, 12, 32, 32))]
    found += [nets.shufflenet_v2(channels=c) for c in ((48, 96, 192), (116, 232, 464), (176, 352, 704))]
    found += [nets.squeezenet(width=w) for w in (0.5, 1.0)]
    found += [nets.googlenet(width=w) for w in (0.5, 1.0)]
    return found


def main() -> None:
    """Count the layers of all models and write them."""
    layers: dict[str, Counter[tuple[int, ...]]] = {}
    for graph in models():
        for node in graph["nodes"]:
            _count(layers, graph, node)
    rows = {kind: [[*row, n] for row, n in sorted(c.items())] for kind, c in sorted(layers.items())}
    about = (
        "hw, cin, cout, k, s, how often; layers of published architectures, counted by tools/layer_priors.py"
    )
    lines = [f'  "{kind}": {json.dumps(table, separators=(",", ":"))}' for kind, table in rows.items()]
    FILE.write_text(f'{{"about": "{about}", "layers": {{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print({kind: len(table) for kind, table in rows.items()})


def _count(layers: dict[str, Counter[tuple[int, ...]]], graph: nets.Graph, node: dict[str, Any]) -> None:
    shape, attrs = graph["shapes"][node["inputs"][0]], node["attrs"]
    kind = {"maxpool": "pool", "avgpool": "pool", "flatten": ""}.get(node["op"], node["op"])
    if kind in ("conv", "dwconv", "fc", "pool", "concat"):
        hw = shape[2] if len(shape) == 4 else 1
        row = (hw, shape[1], attrs.get("cout", shape[1]), attrs.get("k", 1), attrs.get("s", 1))
        for name in node["inputs"] if kind == "concat" else node["inputs"][:1]:
            each = graph["shapes"][name]
            layers.setdefault(kind, Counter())[(row[0], each[1], *row[2:])] += 1
    elif kind and len(shape) == 4:
        layers.setdefault("plain", Counter())[(shape[2], shape[1], shape[1], 1, 1)] += 1


if __name__ == "__main__":
    main()
