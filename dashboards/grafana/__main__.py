"""Writes every dashboard's file, and deletes those of dashboards that are no more."""

from pathlib import Path

from dashboards.grafana.build import files
from dashboards.grafana.languages import LANGUAGES

HERE = Path(__file__).parent


def main() -> None:
    """`python -m dashboards.grafana`."""
    for language in LANGUAGES:
        for old in (HERE / language.id).glob("*.json"):
            old.unlink()
    for path, text in files():
        file = HERE / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        print(f"dashboards/grafana/{path}")


if __name__ == "__main__":
    main()
