# SPDX-License-Identifier: MIT
"""The view of the explorer in the address of its page: what it names is checked, everything else ignored."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

ORDERS = ["Carbon", "Energy", "Time", "Name"]
WAYS = ["Descending", "Ascending"]
LIMITS = {"grid": (0.0, math.inf), "pue": (1.0, 3.0), "n": (1.0, 1e9)}
"""Least and most of each number that a visitor sets."""
VIEW = ("by", "order", "place", "grid", "pue", "n", "load")
KEYS = (*VIEW, "model", "models")
"""What an address may name: the view, the model in detail, and the models that are selected."""
MOST = 4096
"""Characters of an address that are looked at."""

READ = "() => [window.location.hash.slice(1)]"
"""JavaScript that hands over the address."""


def writer(first: Mapping[str, Any]) -> str:
    """Return JavaScript that keeps what differs from these values, given all of `KEYS`, in the address."""
    # `<` never ends the script that a page carries it in.
    known = json.dumps(dict(first)).replace("<", "\\u003c")
    return f"""(...now) => {{
      const keys = {json.dumps(KEYS)}, first = {known}, kept = new URLSearchParams();
      const view = Object.fromEntries(keys.map((key, i) => [key, now[i]]));
      if (view.place !== "custom") view.grid = first.grid;
      for (const key of keys) for (const value of [view[key]].flat())
        if (value != null && value !== first[key]) kept.append(key, value);
      const text = kept.toString();
      const {{pathname, search}} = window.location;
      window.history.replaceState(window.history.state, "", text ? "#" + text : pathname + search);
      return [];
    }}"""


def read(text: str, names: Iterable[str], places: Iterable[str]) -> dict[str, Any]:
    """Return what an address asks for, by `KEYS`: only what is there, is known and lies within its limits.

    Parameters
    ----------
    text : str
        What stands behind ``#``.
    names, places : iterable of str
        Of the models, and of the places that can be chosen.
    """
    try:
        given = parse_qs(text[:MOST], max_num_fields=1000)
    except ValueError:
        return {}
    known = {"by": ORDERS, "order": WAYS, "place": [*places, "custom"], "model": list(names)}
    known["load"] = ["true", "false"]
    found: dict[str, Any] = {}
    for key, values in given.items():
        if key in LIMITS:
            number = _number(values[-1])
            if number is not None and LIMITS[key][0] <= number <= LIMITS[key][1]:
                found[key] = number
        elif key == "models":
            found[key] = [name for name in known["model"] if name in values]
        elif values[-1] in known.get(key, ()):
            found[key] = values[-1] == "true" if key == "load" else values[-1]
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
