# SPDX-License-Identifier: MIT
"""PairedDataset: both sides of the index from one data set."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch

from co2lib._errors import BadValueError
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._batches import unpack_sample
from co2lib.preindex._corruption import corrupt, finished

_OPTIONS = ("quantise", "clamp", "wrap_u8", "any_range", "channels")


class PairedDataset(torch.utils.data.Dataset[tuple[Any, Any, Any]]):
    """A data set of (x, x_shifted, label): both sides of the index from one loader.

    Where the corruption is named, both sides go through its last step, the rounding to 8 bits: else the
    rounding alone would be a shift.

    Parameters
    ----------
    dataset : sequence
        Map-style data set of (image, label, ...); where the corruption is named, images are float tensors or
        arrays (C, H, W) in [0, 1], not normalised yet.
    corruption : callable or tuple
        Called with the image; or (name, level) or (name, level, seed) of `corrupt`, with the position in the
        data set as the item, so that batches, workers and order do not matter.
    transform : callable, optional
        What becomes of both sides afterwards, for example ``torchvision.transforms.Normalize(...)``.
    **options
        Of `corrupt`: `quantise`, `clamp`, `wrap_u8`, `any_range`, `channels`.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_option``; where a sample is read, as `corrupt`.
    """

    def __init__(
        self,
        dataset: Any,
        corruption: Callable[[Any], Any] | tuple[Any, ...],
        *,
        transform: Callable[[Any], Any] | None = None,
        **options: Any,
    ) -> None:
        if not callable(corruption) and not (isinstance(corruption, tuple) and len(corruption) in (2, 3)):
            arguments.refuse("corruption", corruption, "a callable or (name, level[, seed])")
        if not (hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")):
            arguments.refuse("dataset", dataset, "a data set with a length and an index (map-style)")
        if transform is not None and not callable(transform):
            arguments.refuse("transform", transform, "a callable")
        arguments.known(options, _OPTIONS)
        if callable(corruption) and options:
            raise BadValueError(
                "preindex.bad_option",
                f"{', '.join(options)}: only for a corruption that is named; a callable does all of it",
                {"option": next(iter(options))},
            )
        self.dataset = dataset
        self.corruption = corruption
        self.transform = transform
        self.options = options

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: Any) -> tuple[Any, Any, Any]:
        at = operator.index(index)
        at += len(self) if at < 0 else 0
        image, label = unpack_sample(self.dataset[at], at)
        clean, shifted = image, image
        if callable(self.corruption):
            shifted = self.corruption(image)
        else:
            name, level, *seed = self.corruption
            options = {"quantise": True, "clamp": True, "wrap_u8": False, "channels": None, **self.options}
            changed = corrupt(image, name, level, seed=seed[0] if seed else 0, item=at, **options)
            options.pop("any_range", None)
            clean, shifted = torch.from_numpy(finished(image, **options)), torch.from_numpy(changed)
        if self.transform is not None:
            clean, shifted = self.transform(clean), self.transform(shifted)
        return clean, shifted, label

    @property
    def targets(self) -> Any:
        """The labels, where the data set has them."""
        return getattr(self.dataset, "targets", None)

    @property
    def target_transform(self) -> Any:
        """What the data set makes of its labels, where it does."""
        return getattr(self.dataset, "target_transform", None)
