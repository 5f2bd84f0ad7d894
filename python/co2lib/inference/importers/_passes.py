# SPDX-License-Identifier: MIT
"""Puts together what frameworks write as several operators: norms, activations, shuffles and the like."""

from __future__ import annotations

from collections.abc import Callable

from co2lib.inference.importers._draft import VIEWS, Draft, Index, Node

_ACTIVATIONS = frozenset({"relu", "relu6", "hswish", "swish", "sigmoid", "bn"})

Pattern = Callable[[Draft, Index, Node], tuple[str, str] | None]
"""Looks at the last node of a pattern: (operator, first input) if it is one."""


def run(draft: Draft) -> None:
    """Put the patterns of a draft together, in place."""
    for pattern in (
        _norm,
        _rms_norm,
        _hswish,
        _hswish_by_clip,
        _swish,
        _gelu_erf,
        _gelu_tanh,
        _shuffle,
        _squeeze_excite,
    ):
        _apply(draft, pattern)
    _absorb_affine(draft)
    _quantised_outputs(draft)


def _quantised_outputs(draft: Draft) -> None:
    """Give what is quantised at once the bits of the quantised tensor: it is written so."""
    index = draft.index()
    for node in reversed(draft.nodes):
        readers = index.readers.get(node.name, [])
        if node.op in VIEWS or not readers or node.name in draft.outputs:
            continue
        if all(each.op == "quantize" or each.op in _ACTIVATIONS for each in readers):
            draft.bits[node.name] = min(draft.bits[node.name], max(draft.bits[each.name] for each in readers))


def _apply(draft: Draft, pattern: Pattern) -> None:
    position, index = 0, draft.index()
    while position < len(draft.nodes):
        node = draft.nodes[position]
        found = pattern(draft, index, node)
        if found is not None:
            op, source = found
            inside = index.between(node, {source})
            if index.closed(inside, node):
                attrs = {"reduction": _reduction(draft, index, node, inside)} if op == "se" else {}
                node.op, node.inputs, node.attrs = op, [source], attrs
                draft.nodes = [other for other in draft.nodes if other.name not in inside]
                position, index = draft.nodes.index(node), draft.index()
        position += 1


def _pairs(node: Node) -> list[tuple[str, str]]:
    if len(node.inputs) != 2:
        return []
    one, two = node.inputs
    return [(one, two), (two, one)]


def _variance(index: Index, name: str) -> str | None:
    """Return x where a tensor is sqrt(mean(x^2) + eps) or its reciprocal."""
    root = index.made_by(name, "sqrt", "rsqrt")
    if root is None:
        reciprocal = index.made_by(name, "reciprocal")
        root = None if reciprocal is None else index.made_by(reciprocal.inputs[0], "sqrt")
    if root is None:
        return None
    inner = index.made_by(root.inputs[0], "shift", "mean")
    if inner is not None and inner.op == "shift":
        inner = index.made_by(inner.inputs[0], "mean")
    if inner is None:
        return None
    square = index.made_by(inner.inputs[0], "pow", "mul")
    if square is None:
        return None
    origins = {index.origin(name) for name in square.inputs}
    return origins.pop() if len(origins) == 1 else None


def _norm(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    """(x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps)."""
    if node.op not in ("div", "mul"):
        return None
    for value, root in _pairs(node):
        centred = index.made_by(value, "sub")
        if centred is None or _variance(index, root) != centred.name or len(centred.inputs) != 2:
            continue
        source = index.origin(centred.inputs[0])
        mean = index.made_by(centred.inputs[1], "mean")
        if mean is not None and index.origin(mean.inputs[0]) == source:
            return "norm", source
    return None


def _rms_norm(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    """X / sqrt(mean(x^2) + eps)."""
    if node.op not in ("div", "mul"):
        return None
    for value, root in _pairs(node):
        source = index.origin(value)
        if _variance(index, root) == source:
            return "norm", source
    return None


def _gated(index: Index, node: Node, gate: str) -> str | None:
    """Return x where a node is x * gate(x)."""
    if node.op != "mul":
        return None
    for value, other in _pairs(node):
        found = index.made_by(other, gate)
        if found is not None and index.origin(found.inputs[0]) == index.origin(value):
            return index.origin(value)
    return None


def _hswish(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    source = _gated(index, node, "hardsigmoid")
    return None if source is None else ("hswish", source)


def _swish(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    source = _gated(index, node, "sigmoid")
    return None if source is None else ("swish", source)


def _hswish_by_clip(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    """X * clip(x + 3, 0, 6) / 6, divided before or after."""
    product = index.made_by(node.inputs[0], "mul") if node.op == "scale" and node.inputs else None
    for last, outer in ((node, None), (product, node)):
        if last is None or last.op != "mul" or (outer is None) != (last is node):
            continue
        for value, gate in _pairs(last):
            source = index.origin(value)
            scaled = index.made_by(gate, "scale")
            if outer is None and scaled is None:
                continue
            clip = index.made_by(scaled.inputs[0] if scaled is not None else gate, "relu6")
            shift = None if clip is None else index.made_by(clip.inputs[0], "shift")
            if shift is not None and index.origin(shift.inputs[0]) == source:
                return "hswish", source
    return None


def _gelu_of(index: Index, node: Node, inner: str) -> str | None:
    if node.op not in ("mul", "scale"):
        return None
    product = index.made_by(node.inputs[0], "mul") if node.op == "scale" else node
    if product is None:
        return None
    for value, other in _pairs(product):
        shift = index.made_by(other, "shift")
        if shift is None:  # 0.5 (1 + erf)
            scaled = index.made_by(other, "scale")
            shift = None if scaled is None else index.made_by(scaled.inputs[0], "shift")
        found = None if shift is None else index.made_by(shift.inputs[0], inner)
        if found is None:
            continue
        halved = index.made_by(value, "scale")  # (0.5 x) (1 + erf)
        candidates = {index.origin(value)} | (
            {index.origin(halved.inputs[0])} if halved is not None else set()
        )
        for source in candidates:
            if _depends_only_on(index, found, source):
                return source
    return None


def _depends_only_on(index: Index, node: Node, source: str) -> bool:
    stack, steps = [index.origin(name) for name in node.inputs], 0
    while stack and steps < 16:
        name, steps = stack.pop(), steps + 1
        if name == source:
            continue
        made = index.producer.get(name)
        if made is None or made.op not in ("scale", "shift", "mul", "add", "pow"):
            return False
        stack.extend(index.origin(each) for each in made.inputs)
    return not stack


def _gelu_erf(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    source = _gelu_of(index, node, "erf")
    return None if source is None else ("gelu", source)


def _gelu_tanh(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    source = _gelu_of(index, node, "tanh")
    return None if source is None else ("gelu", source)


def _shuffle(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    """Channels seen as groups, exchanged and seen as channels again."""
    if node.op != "reshape" or not node.inputs:
        return None
    turned = index.producer.get(node.inputs[0])
    while turned is not None and turned.op == "identity":
        turned = index.producer.get(turned.inputs[0])
    if turned is None or turned.op != "transpose":
        return None
    split = index.producer.get(turned.inputs[0])
    if split is None or split.op != "reshape":
        return None
    source = split.inputs[0]
    whole, groups, back = (draft.shapes.get(name, ()) for name in (source, split.name, turned.name))
    if len(whole) != 4 or len(groups) != 5 or draft.shapes[node.name] != whole:
        return None
    if groups[1] * groups[2] != whole[1] or back != (groups[0], groups[2], groups[1], *groups[3:]):
        return None
    return "channelshuffle", source


def _squeeze_excite(draft: Draft, index: Index, node: Node) -> tuple[str, str] | None:
    """Channels scaled by what two small layers make of their means."""
    if node.op != "mul":
        return None
    for value, gate in _pairs(node):
        wide = index.made_by(gate, "sigmoid", "hardsigmoid")
        second = None if wide is None else index.made_by(wide.inputs[0], "conv", "fc", "matmul")
        active = (
            None if second is None else index.made_by(second.inputs[0], "relu", "relu6", "swish", "hswish")
        )
        first = None if active is None else index.made_by(active.inputs[0], "conv", "fc", "matmul")
        mean = None if first is None else index.made_by(first.inputs[0], "global-avgpool")
        if mean is not None and index.origin(mean.inputs[0]) == index.origin(value):
            return "se", index.origin(value)
    return None


def _reduction(draft: Draft, index: Index, node: Node, inside: set[str]) -> int:
    """Return the whole number by which the channels divided are about the inner ones."""
    channels = draft.shapes[node.name][1]
    widths = [index.producer[name].attrs["cout"] for name in inside if "cout" in index.producer[name].attrs]
    return max(1, round(channels / min(widths, default=channels)))


def _absorb_affine(draft: Draft) -> None:
    """Take the constant factor and summand of a norm, and the bias of a product, into it: it has them."""
    absorbed = {"norm": ("scale", "shift"), "fc": ("shift",), "matmul": ("shift",), "conv": ("shift",)}
    index = draft.index()
    for node in list(draft.nodes):
        last = node
        for op in absorbed.get(node.op, ()):
            reader = index.only_reader(last.name)
            if reader is None or reader.op != op or not reader.attrs.get("constant"):
                continue
            inside = index.between(reader, set(last.inputs))
            if not index.closed(inside, reader):
                continue
            reader.op, reader.inputs, reader.source = last.op, last.inputs, last.source
            reader.attrs = last.attrs | ({"bias": True} if last.op in ("fc", "conv") else {})
            draft.nodes = [each for each in draft.nodes if each.name not in inside]
            last, index = reader, draft.index()
