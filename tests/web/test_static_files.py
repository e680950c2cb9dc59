"""The static folder: one digest for all of it, so that modules find each other, and what a page loads at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from webapp.web.static_files import StaticFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js" / "lists").mkdir(parents=True)
    (tmp_path / "js" / "page.js").write_text('import { show } from "./lists/show.js";\nimport "./say.js";\n')
    (tmp_path / "js" / "lists" / "show.js").write_text(
        'import {\n  say,\n} from "../say.js";\nimport { a } from "./order.js";\n'
    )
    (tmp_path / "js" / "lists" / "order.js").write_text("export const a = 1;\n")
    (tmp_path / "js" / "say.js").write_text('// import "./other.js";\n')
    (tmp_path / "js" / "other.js").write_text("")
    return tmp_path


def test_when_one_file_changes_all_have_another_address(folder: Path) -> None:
    before = StaticFiles(folder)
    assert StaticFiles(folder).digest == before.digest
    (folder / "js" / "other.js").write_text("1;")
    after = StaticFiles(folder)
    assert after.address("js/page.js") != before.address("js/page.js")
    assert after.at(before.digest, "js/page.js") is None, "a module of one time never imports one of another"
    assert after.at(after.digest, "js/page.js") is not None


def test_a_file_that_moves_changes_the_addresses_too(folder: Path) -> None:
    before = StaticFiles(folder)
    (folder / "js" / "other.js").rename(folder / "other.js")
    assert StaticFiles(folder).digest != before.digest


def test_all_that_a_module_imports_is_known_before_the_browser_asks(folder: Path) -> None:
    files = StaticFiles(folder)
    assert files.modules("js/page.js") == ["js/lists/order.js", "js/lists/show.js", "js/say.js"]
    assert files.modules("js/say.js") == []


def test_a_name_that_is_none_is_found_by_whoever_writes_it(folder: Path) -> None:
    with pytest.raises(KeyError):
        StaticFiles(folder).address("js/pages.js")
