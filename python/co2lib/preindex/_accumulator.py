# SPDX-License-Identifier: MIT
"""Accumulator: sums over pairs of samples, batch by batch, mergeable over shards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from co2lib._core.preindex import Accumulator as _Accumulator
from co2lib._core.preindex import Options, Reducer, Resque, Result
from co2lib.preindex import _arguments as arguments
from co2lib.preindex._arrays import Array, Labels, array
from co2lib.preindex._arrays import labels as _labels
from co2lib.preindex._functions import checked_options

Side = Literal["clean", "shifted"]


class Accumulator:
    """Sums over pairs of samples, in one pass, mergeable over shards.

    Distance sums, p and its standard error do not depend on batch size, order, threads or sharding, bit for
    bit.

    Parameters
    ----------
    options : Options
        See `make_options`.
    classes : int
        Number of distinct labels; layers that are not wider do not count.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_option``; of its methods ``preindex.in_use`` (RuntimeError) where two threads use one
        accumulator at once.
    """

    def __init__(self, options: Options, classes: int) -> None:
        self._core = _Accumulator(checked_options(options), arguments.integer("classes", classes, 1))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the stored embeddings, without which there would be no index."""
        return Accumulator._restored, (self.to_json(), self.embeddings(), self.embedding_labels())

    @classmethod
    def _restored(cls, state: str, rows: npt.NDArray[np.float32], labels: list[int | str]) -> Accumulator:
        self = cls.from_json(state)
        if len(rows):
            self._core.restore_embeddings(rows, labels)
        return self

    @classmethod
    def _of(cls, core: _Accumulator) -> Accumulator:
        self = cls.__new__(cls)
        self._core = core
        return self

    def layer(self, name: str, width: int) -> int:
        """Return the number of a layer, entered into the table when first seen."""
        return self._core.layer(arguments.text("layer", name), arguments.integer("width", width, 0))

    def add_pairs(self, layer: int, clean: Array, shifted: Array) -> None:
        """Add vectors (samples x width, float32) of the same samples before and after the shift."""
        self._core.add_pairs(arguments.integer("layer", layer, 0), array(clean), array(shifted))

    def add_embedding(self, side: Side, rows: Array, labels: Labels) -> None:
        """Add embeddings (samples x D) of the batch with the labels of its samples; copied."""
        self._core.add_embedding(arguments.text("side", side), array(rows), _labels(labels))

    def add_resque(self, side: Side, rows: Array, labels: Labels) -> None:
        """Add vectors for RESQUE's shift index; the sides need not be paired."""
        self._core.add_resque(arguments.text("side", side), array(rows), _labels(labels))

    def end_batch(self) -> None:
        """Count the batch; if it raises, the batch is dropped as a whole."""
        self._core.end_batch()

    def drop_batch(self) -> None:
        """Drop what was added since the last `end_batch`."""
        self._core.drop_batch()

    def merge(self, other: Accumulator) -> None:
        """Add another shard; raises ``preindex.config_mismatch`` naming the options that differ."""
        self._core.merge(other._core)

    def result(self) -> Result:
        """Return the result so far; clusters the stored embeddings."""
        return self._core.result()

    def resque(self) -> Resque:
        """Return RESQUE's shift index of what `add_resque` counted."""
        return self._core.resque()

    def to_json(self) -> str:
        """Return the state without stored embeddings, as versioned JSON."""
        return self._core.to_json()

    @classmethod
    def from_json(cls, text: str) -> Accumulator:
        """Read a state; raises ``preindex.bad_state`` for a corrupt or a newer one."""
        return cls._of(_Accumulator.from_json(arguments.text("state", text)))

    def class_means(self, side: Side) -> npt.NDArray[np.float64]:
        """Return the mean embedding of each class on a side, labels ascending."""
        return self._core.class_means(side)

    def embeddings(self) -> npt.NDArray[np.float32]:
        """Return a copy of the stored embeddings."""
        return self._core.embeddings()

    def embedding_labels(self) -> list[int | str]:
        """Return the labels of the stored embeddings."""
        return self._core.embedding_labels()

    def pack(
        self, classes: Labels, widths: Sequence[int] = (0, 0, 0, 0)
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the sums as two arrays that add up over shards packed for the same classes and `widths`.

        A shard without samples has seen no width; give the greatest of all shards.
        """
        return self._core.pack(classes, list(widths))

    def unpack(
        self,
        integers: npt.NDArray[np.int64],
        doubles: npt.NDArray[np.float64],
        classes: Labels,
        widths: Sequence[int] = (0, 0, 0, 0),
    ) -> None:
        """Replace the sums by those of packed shards that were added up; stored embeddings stay."""
        self._core.unpack(integers, doubles, classes, list(widths))

    def cluster(self, reducer: Reducer) -> None:
        """Cluster the stored embeddings of all processes together, for `result`; all call it after `unpack`.

        Does nothing unless embeddings of all pairs are stored.
        """
        self._core.cluster(reducer)

    @property
    def widths(self) -> list[int]:
        """Values per clean and shifted embedding, and per clean and shifted RESQUE vector, seen so far."""
        return self._core.widths

    @property
    def options(self) -> Options:
        """The options."""
        return self._core.options

    @property
    def classes(self) -> int:
        """Number of distinct labels, as given."""
        return self._core.classes

    @property
    def pairs(self) -> int:
        """Number of pairs counted."""
        return self._core.pairs

    @property
    def layers(self) -> list[tuple[str, int, bool]]:
        """(name, width, kept) of the layers, in the order in which they were seen."""
        return self._core.layers

    @property
    def labels(self) -> list[int | str]:
        """The classes seen, ascending."""
        return self._core.labels

    @property
    def config(self) -> str:
        """Every choice that two shards must share, JSON."""
        return self._core.config

    @property
    def config_hash(self) -> str:
        """Hash of `config`."""
        return self._core.config_hash
