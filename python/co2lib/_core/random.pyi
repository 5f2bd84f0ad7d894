# SPDX-License-Identifier: MIT
"""
Room random: numbers that depend on seed, index and name alone.
"""
from __future__ import annotations
import collections.abc
import typing
__all__: list[str] = ['draw', 'fnv1a', 'lognormal', 'normal', 'philox', 'triangular', 'uniform']
def draw(seed: typing.SupportsInt | typing.SupportsIndex, d: typing.SupportsInt | typing.SupportsIndex, name: str) -> float:
    """
    Draw `d` of the variable `name`; in (0, 1), 52 bits.
    """
def fnv1a(name: str) -> int:
    """
    FNV-1a, 64 bits, of the UTF-8 bytes.
    """
def lognormal(u: typing.SupportsFloat | typing.SupportsIndex, median: typing.SupportsFloat | typing.SupportsIndex, gsd: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The quantile of the lognormal distribution; raises numeric.bad_input.
    """
def normal(u: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The standard normal quantile (Wichura, AS 241); raises numeric.bad_input.
    """
def philox(counter: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(4)"], key: typing.Annotated[collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(2)"]) -> typing.Annotated[list[int], "FixedSize(4)"]:
    """
    Philox4x32-10: four 32-bit words of a counter of four under a key of two.
    """
def triangular(u: typing.SupportsFloat | typing.SupportsIndex, low: typing.SupportsFloat | typing.SupportsIndex, mode: typing.SupportsFloat | typing.SupportsIndex, high: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The quantile of the triangular distribution; raises numeric.bad_input.
    """
def uniform(u: typing.SupportsFloat | typing.SupportsIndex, low: typing.SupportsFloat | typing.SupportsIndex, high: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    The quantile of the uniform distribution; raises numeric.bad_input.
    """
