# SPDX-License-Identifier: MIT
"""The block in a card's front matter: nothing else of the card changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import co2lib
from co2lib.integrations import write_card

BLOCK = 'co2_eq_emissions:\n  emissions: 25.4\n  source: "co2lib"\n'


def test_front_matter_without_an_end_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n")
    with pytest.raises(ValueError, match=r"README\.md: ") as found:
        write_card(card, BLOCK)
    assert isinstance(found.value, co2lib.Error)
    assert found.value.code == "hub.card_front_matter_unterminated"
    assert card.read_text() == "---\nlicense: mit\n"


def test_a_file_is_made_or_changed_and_keeps_its_mode_and_link(tmp_path: Path) -> None:
    card = tmp_path / "new" / "README.md"
    write_card(card, BLOCK)
    assert card.read_text() == f"---\n{BLOCK}---\n"
    card.chmod(0o640)
    link = tmp_path / "link.md"
    link.symlink_to(card)
    write_card(link, BLOCK.replace("25.4", "3"))
    assert link.is_symlink()
    assert "emissions: 3\n" in card.read_text()
    assert card.stat().st_mode & 0o777 == 0o640
    assert os.listdir(card.parent) == ["README.md"]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "twice").write_bytes(b"---\nco2_eq_emissions: 1\nco2_eq_emissions: 2\n---\n")
    with pytest.raises(ValueError, match="twice: "):
        write_card(tmp_path / "twice", BLOCK)
    with pytest.raises(OSError, match=str(tmp_path)):
        write_card(tmp_path, BLOCK)
