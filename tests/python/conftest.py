# SPDX-License-Identifier: MIT
"""What several files of tests need: traces, programs that are no package, no network, a tiny model."""

import importlib.util
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# The traces that some vectors name lie beside the repository, where there are any.
_TRACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "traces"
if _TRACES.is_dir():
    os.environ.setdefault("CO2LIB_TRACES", str(_TRACES))

# `make browser-test` and `make framework-test`: there a test that is skipped is a failure.
_ENVIRONMENT = os.environ.get("CO2LIB_TEST_ENV")
_WHOLE = _ENVIRONMENT in ("browser", "frameworks")


def _nothing_is_skipped(found: Any) -> Any:
    if _WHOLE and found.skipped and not hasattr(found, "wasxfail"):
        reason = found.longrepr[-1] if isinstance(found.longrepr, tuple) else found.longrepr
        found.outcome = "failed"
        found.longrepr = f"with CO2LIB_TEST_ENV={_ENVIRONMENT} nothing is skipped, but this was: {reason}"
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    return _nothing_is_skipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    return _nothing_is_skipped((yield))


def _load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_script() -> Callable[[Path], ModuleType]:
    """Give the import of a Python file that is in no package."""
    return _load_script


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process connect to itself and to nobody else."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            if not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test contacts {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


@pytest.fixture
def sentence_model(tmp_path: Path) -> Any:
    """Make a tiny model of sentence-transformers from a configuration: nothing is downloaded."""
    transformers = pytest.importorskip("transformers", reason="needs transformers")
    package = pytest.importorskip("sentence_transformers", reason="needs sentence-transformers")
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "very"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=32,
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    modules = [Transformer(str(tmp_path), max_seq_length=16), Pooling(8)]
    return package.SentenceTransformer(modules=modules, device="cpu")
