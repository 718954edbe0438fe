import re
from pathlib import Path

from adapters import reference_docs

ROOT = Path(__file__).parent.parent.parent


def test_the_reference_pages_are_those_of_the_code() -> None:
    assert reference_docs.stale() == [], "run `make docs`"


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    reference_docs.write(tmp_path)
    assert reference_docs.stale(tmp_path) == []
    page = tmp_path / "events.md"
    page.write_text(page.read_text().replace("crime_reported.v1", "crime_reported.v0"))
    assert reference_docs.stale(tmp_path) == ["events.md"]


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#]+)", page.read_text())]
    missing = [(page.name, link) for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
    assert len(links) > 15


def test_the_settings_in_the_readme_are_those_that_are_read() -> None:
    read = set(re.findall(r'"((?:CANDOUR_|DATABASE_)[A-Z_]+)"', (ROOT / "adapters/settings.py").read_text()))
    told = set(re.findall(r"`((?:CANDOUR_|DATABASE_)[A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert read <= told
