# SPDX-License-Identifier: MIT
"""The device: what a model costs on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from co2lib._core.inference import CoreDevice, KernelConfig, Prediction
from co2lib._core.inference import mcu_boards as _mcu_boards
from co2lib.inference._documents import graph as _graph

Rules = str | Sequence[Sequence[str]]


def _rules(rules: Rules | None) -> str | list[list[str]] | None:
    if rules is None or isinstance(rules, str):
        return rules
    return [list(rule) for rule in rules]


class Device:
    """A device that predicts: a profile, a row of the hardware tables, or a transfer.

    Use `load`, `named` or `transfer`; predictions may be made from several threads at once.
    """

    def __init__(self, core: CoreDevice) -> None:
        self._core = core

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> Device:
        """Return the device of a profile: a folder with ``device.json`` and its forests.

        Parameters
        ----------
        folder : path
            As `profile` writes it (docs/inference.md, "Profiles").

        Raises
        ------
        co2lib.Error
            ``inference.bad_model`` naming file and field.
        """
        return cls(CoreDevice.load(Path(fspath(folder))))

    @classmethod
    def named(cls, name: str) -> Device:
        """Return a device of the tables, for example ``h100_sxm`` or ``rp2350``; `device_names` lists them.

        Raises
        ------
        co2lib.Error
            ``inference.unknown_device`` naming those that are known.
        """
        return cls(CoreDevice.named(name))

    @property
    def name(self) -> str:
        """The name of the device."""
        return self._core.name

    @property
    def processor(self) -> str:
        """Cpu, gpu, npu, mcu, or what a profile calls it."""
        return self._core.processor

    @property
    def precisions(self) -> list[str]:
        """The precisions that it can predict; empty for tables of whole workloads."""
        return self._core.precisions

    def rules(self, precision: str = "") -> list[list[str]]:
        """Return the sequences of operators that its runtime executes as one kernel."""
        return self._core.rules(precision)

    def predict(
        self,
        model: Any,
        input_shape: Sequence[int] | None = None,
        *,
        precision: str | None = None,
        rules: Rules | None = None,
    ) -> Prediction:
        """Return time and energy of one inference of a model.

        Parameters
        ----------
        model : torch.nn.Module, path, Graph, mapping or str
            What `graph` takes; of a microcontroller of the tables the name of a workload (``kws-s``).
        input_shape : sequence of int, optional
            Of the example input, batch first.
        precision : str, optional
            ``int8`` and so on: every operator gets these bits. Without it, those that the model has.
        rules : str or list of lists of str, optional
            Which operators fuse; without it those of the device.

        Returns
        -------
        Prediction
            `latency` and `energy` with 90 % intervals, kernels, methods, issues, sources.

        Raises
        ------
        co2lib.Error
            ``inference.no_profile`` for a precision or kernel that nothing is known about,
            ``inference.unmodelled``, ``inference.bad_graph``, ``inference.out_of_range``.
        """
        if isinstance(model, str) and self.processor == "mcu" and self.name in _mcu_boards():
            return self._core.predict_workload(model)
        return self._core.predict_graph(
            _graph(model, input_shape), precision=precision or "", rules=_rules(rules)
        )

    def predict_kernels(self, kernels: Iterable[KernelConfig], *, precision: str | None = None) -> Prediction:
        """Return time and energy of kernels, one after the other; errors as `predict`."""
        return self._core.predict_kernels(list(kernels), precision=precision or "")

    def transfer(
        self,
        measurements: Iterable[tuple[KernelConfig, float, float | None]],
        *,
        name: str = "transferred",
    ) -> Device:
        """Return another device, from this one and a few kernels measured there.

        Parameters
        ----------
        measurements : iterable of (KernelConfig, us, mJ or None)
            At least 8; 30 suffice (docs/inference.md, "Transfer").
        name : str
            Of the other device.

        Raises
        ------
        co2lib.Error
            ``inference.out_of_range``.
        """
        return Device(self._core.transfer(list(measurements), name))

    def __repr__(self) -> str:
        return f"<co2lib.inference.Device {self.name}, {self.processor}>"
