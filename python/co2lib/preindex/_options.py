# SPDX-License-Identifier: MIT
"""Options by the names of the Python interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from co2lib._core.preindex import Options
from co2lib.preindex import _arguments as arguments

_FURTHER: Mapping[str, Callable[[str, Any], Any]] = {
    "edge_rule": arguments.text,
    "weights": arguments.text,
    "degenerate": arguments.text,
    "include": arguments.names,
    "exclude": arguments.names,
    "skip_short_names": arguments.flag,
    "repeated_calls": arguments.text,
    "nonfinite": arguments.text,
    "store": arguments.text,
    "s": arguments.number,
    "s_bar": arguments.number,
    "threads": lambda option, value: arguments.integer(option, value, 0, 4096),
}


def _bins(value: Any) -> list[int]:
    several = not isinstance(value, str) and hasattr(value, "__iter__") and getattr(value, "ndim", 1) > 0
    return [arguments.integer("bins", one, 2, 4096) for one in (value if several else [value])]


def make_options(
    *,
    mode: str = "cnn",
    distance: str | Sequence[str] = "js",
    bins: int | Sequence[int] = 64,
    ari: str = "noise_2",
    embedding: str | None = None,
    **further: Any,
) -> Options:
    """Return `Options` from the names of the Python interface.

    Parameters
    ----------
    mode : str
        ``cnn`` or ``vit``.
    distance : str or sequence of str
        ``js``, ``wasserstein``, ``bhattacharyya``, ``kl``; the first is the index's. ``all``: the 12 averages
        of the published code, all four with 64, 32 and 16 bins besides those asked for.
    bins : int or sequence of int
        2..4096; the first is the index's.
    ari : str
        Variant of the clustering.
    embedding : str, optional
        Name of the layer that is clustered.
    **further
        The other fields of `Options`.

    Raises
    ------
    co2lib.Error
        ``preindex.bad_option``.
    """
    arguments.known(further, _FURTHER)
    distances = [distance] if isinstance(distance, str) else arguments.names("distance", distance)
    counts = _bins(bins)
    if distances == ["all"]:
        distances = ["js", "wasserstein", "bhattacharyya", "kl"]
        counts += [b for b in (64, 32, 16) if b not in counts]
    return Options(
        mode=arguments.text("mode", mode),
        distances=distances,
        bins=counts,
        ari=arguments.text("ari", ari),
        embedding="" if embedding is None else arguments.text("embedding", embedding),
        **{name: _FURTHER[name](name, value) for name, value in further.items()},
    )
