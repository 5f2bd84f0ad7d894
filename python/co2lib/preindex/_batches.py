# SPDX-License-Identifier: MIT
"""What loaders yield: pairs of samples and their labels, checked before the forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from co2lib._errors import BadValueError
from co2lib.preindex._running import leaves, mapped


def _missing(first: int, why: str = "") -> BadValueError:
    return BadValueError("preindex.bad_sample", f"sample {first}: the label is missing{why}")


def labels_of(y: Any, first: int) -> list[Any]:
    """Return the labels of a batch as integers or texts."""
    if y is None:
        raise _missing(first)
    array = y.detach().cpu().numpy() if isinstance(y, Tensor) and not y.is_sparse and not y.is_meta else y
    if isinstance(array, np.ndarray):
        if array.ndim == 0:
            array = array.reshape(1)
        if array.ndim != 1:
            raise BadValueError(
                "preindex.bad_sample",
                f"labels of shape {array.shape}: give one integer or text per sample (one-hot rows: argmax)",
            )
        array = array.tolist()
    if isinstance(array, str | int | float | np.generic):
        array = [array]
    if not isinstance(array, Iterable) or isinstance(array, Mapping | set | frozenset | bytes | Tensor):
        raise BadValueError(
            "preindex.bad_sample",
            f"labels: a {type(array).__name__} from sample {first} on; give a list or an array of them",
        )
    return [_label(label, first + i) for i, label in enumerate(array)]


def _label(label: Any, sample: int) -> int | str:
    if isinstance(label, np.generic) or (isinstance(label, Tensor | np.ndarray) and label.ndim == 0):
        label = label.item()
    if label is None or (isinstance(label, float) and label != label):  # noqa: PLR0124  NaN
        raise _missing(sample)
    if isinstance(label, bool) or not isinstance(label, int | str):
        text = repr(label)
        shown = text if len(text) < 60 else f"a {type(label).__name__}"
        raise BadValueError(
            "preindex.bad_option",
            f"labels: {shown} (sample {sample}) is not allowed; use integers or texts",
            {"option": "labels"},
        )
    return label


def _unpack(batch: Any, parts: int, first: int) -> tuple[Any, ...]:
    """Return the first parts of a batch: (x, y) or (x, x_shifted, y)."""
    names = "(x, y)" if parts == 2 else "(x, x_shifted, y)"
    if not isinstance(batch, list | tuple):
        remedy = f"give {names}"
        if isinstance(batch, Mapping):
            remedy += f", such as {names.replace('y', 'x.pop(...)')} of its keys {', '.join(map(str, batch))}"
        raise _missing(first, f": the loader yields a {type(batch).__name__}, {remedy}")
    if len(batch) < parts:
        raise _missing(first, f": the loader yields {len(batch)} parts, give {names}")
    return tuple(batch[:parts])


def unpack_sample(sample: Any, index: int) -> tuple[Any, Any]:
    """Return the image and the label of a data set's sample."""
    image, label = _unpack(sample, 2, index)
    return image, label


def _bad_rows(leaf: Tensor) -> Tensor | None:
    """Return which samples of an input hold a NaN; None if none does, or it cannot hold any."""
    if (
        not (leaf.is_floating_point() or leaf.is_complex())
        or leaf.is_nested
        or leaf.is_meta
        or leaf.dim() == 0
    ):
        return None
    if leaf.layout is not torch.strided:
        leaf = leaf.to_dense()
    if leaf.is_floating_point() and leaf.element_size() == 1:
        leaf = leaf.float()  # 8-bit types have few operations
    if not bool(leaf.isnan().any()):
        return None
    return leaf.isnan().reshape(len(leaf), -1).any(1)


def check_pair(clean: Any, shifted: Any, labels: Sequence[Any], first: int) -> None:
    """Raise unless both sides are inputs of the same samples without NaN."""
    before, after = leaves(clean), leaves(shifted)

    def unpaired(at: int, why: str) -> BadValueError:
        return BadValueError("preindex.unpaired", f"pair {at}: {why}", {"pair": at})

    if len(before) != len(after):
        raise unpaired(first, f"{len(before)} tensors on the clean side, {len(after)} on the shifted")
    for a, b in zip(before, after, strict=True):
        if a.shape != b.shape:
            at = first + (min(len(a), len(b)) if a.dim() and b.dim() and len(a) != len(b) else 0)
            raise unpaired(at, f"batch of shape {tuple(a.shape)} on the clean side, shifted {tuple(b.shape)}")
        if a.dtype != b.dtype:
            raise unpaired(
                first, f"{a.dtype} on the clean side, {b.dtype} on the shifted side; give both the same type"
            )
    for side, tensors in (("clean", before), ("shifted", after)):
        for leaf in tensors[:1]:
            if leaf.dim() and leaf.size(0) != len(labels):
                raise BadValueError(
                    "preindex.bad_sample",
                    f"{side} side, from sample {first} on: {leaf.size(0)} samples and {len(labels)} labels",
                )
        for leaf in tensors:
            bad = _bad_rows(leaf)
            if bad is not None:
                at = first + int(bad.nonzero()[0, 0])
                raise BadValueError("preindex.bad_sample", f"sample {at}, {side} side: NaN in the input")


def same_values(a: Tensor, b: Tensor) -> bool:
    """Return whether two inputs are the same; ragged ones are taken to differ."""
    if a.is_nested or b.is_nested:
        return False
    a, b = (t if t.layout is torch.strided else t.to_dense() for t in (a, b))
    return torch.equal(a, b)


def some_samples(x: Any, samples: int, wanted: list[int]) -> Any:
    """Return an input with some of the samples of a batch."""

    def change(leaf: Any) -> Any:
        if isinstance(leaf, Tensor) and not leaf.is_nested and leaf.dim() and leaf.size(0) == samples:
            return leaf.index_select(0, torch.tensor(wanted, device=leaf.device))
        return leaf

    return mapped(x, change)


# ----------------------------------------------------------------------------------------------------------
# Loaders
# ----------------------------------------------------------------------------------------------------------
def _shuffles(loader: Any) -> bool:
    """Return whether a loader draws another order each time, of which another loader knows nothing."""
    if not isinstance(loader, DataLoader):
        return False
    sampler = getattr(getattr(loader, "batch_sampler", None), "sampler", loader.sampler)
    random = (
        torch.utils.data.RandomSampler,
        torch.utils.data.SubsetRandomSampler,
        torch.utils.data.WeightedRandomSampler,
    )
    return isinstance(sampler, random) and sampler.generator is None and loader.generator is None


def check_loaders(clean: Any, shifted: Any) -> None:
    """Raise for what is no loader, and for two that cannot give the same samples in the same order."""
    for option, loader in (("clean_loader", clean), ("shifted_loader", shifted)):
        if loader is None and option == "shifted_loader":
            continue
        if isinstance(loader, Dataset) and not isinstance(loader, IterableDataset):
            raise BadValueError(
                "preindex.bad_option",
                f"{option}: a data set is not allowed; use a loader: DataLoader(dataset, batch_size=64)",
                {"option": option},
            )
        if isinstance(loader, str | Tensor | Mapping) or not hasattr(loader, "__iter__"):
            raise BadValueError(
                "preindex.bad_option",
                f"{option}: a {type(loader).__name__} is not allowed; use a loader of batches (x, y)",
                {"option": option},
            )
    if shifted is None:
        return
    if clean is shifted and iter(clean) is clean:
        raise BadValueError(
            "preindex.unpaired",
            "both sides are read from one generator, which would share its batches out; give a loader for "
            "each, or one that yields (x, x_shifted, y)",
        )
    for side, loader in (("clean", clean), ("shifted", shifted)):
        if _shuffles(loader):
            raise BadValueError(
                "preindex.unpaired",
                f"the loader of the {side} side shuffles, so pairs would not be the same samples: "
                "shuffle=False, or one loader of a PairedDataset",
            )


_END = object()


def pairs_of(clean: Iterable[Any], shifted: Iterable[Any] | None) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Yield (x, x_shifted, labels) of each batch."""
    first = 0
    if shifted is None:
        for batch in clean:
            x, x_shifted, y = _unpack(batch, 3, first)
            labels = labels_of(y, first)
            yield x, x_shifted, labels
            first += len(labels)
        return

    def unpaired(at: int, why: str) -> BadValueError:
        return BadValueError("preindex.unpaired", f"pair {at}: {why}", {"pair": at})

    others = iter(shifted)
    for batch in clean:
        x, y = _unpack(batch, 2, first)
        labels = labels_of(y, first)
        other = next(others, _END)
        if other is _END:
            raise unpaired(first, "the shifted side has ended, the clean side has not")
        x_shifted, y_shifted = _unpack(other, 2, first)
        labels_shifted = labels_of(y_shifted, first)
        for i, (a, b) in enumerate(zip(labels, labels_shifted, strict=False)):
            if a != b:
                raise unpaired(
                    first + i,
                    f"label {a} on the clean side, {b} on the shifted side; give loaders of the same samples "
                    "in the same order (shuffle=False)",
                )
        if len(labels) != len(labels_shifted):
            raise unpaired(
                first + min(len(labels), len(labels_shifted)),
                f"clean batch of {len(labels)} samples, shifted {len(labels_shifted)}",
            )
        yield x, x_shifted, labels
        first += len(labels)
    if next(others, _END) is not _END:
        raise unpaired(first, "the clean side has ended, the shifted side has not")


def distinct_labels(loader: Iterable[Any], parts: int) -> set[Any]:
    """Return the labels of a loader: `targets` of its data set, or else a sweep without forward passes."""
    dataset = getattr(loader, "dataset", None)
    targets = getattr(dataset, "targets", None)
    if targets is not None and getattr(dataset, "target_transform", None) is None:
        try:
            return set(labels_of(targets, 0))
        except BadValueError:
            pass  # what the data set calls targets are no labels
    if iter(loader) is loader:
        raise BadValueError(
            "preindex.bad_option",
            "classes: missing, and the clean loader can be read once only; give the number of labels",
            {"option": "classes"},
        )
    found: set[Any] = set()
    first = 0
    for batch in loader:
        labels = labels_of(_unpack(batch, parts, first)[-1], first)
        found.update(labels)
        first += len(labels)
    return found
