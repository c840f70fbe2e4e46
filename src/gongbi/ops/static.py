"""Static files as they are served: named by their content and compressed once, at install."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

BUILT = "look/built/"  # the front end's own build names its files by their content already


class HouseStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Django's hashed names and whitenoise's compression; what the front end built keeps its names and is only compressed."""

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str, Any]]:
        """As in the base classes: yields (name, new name, whether processed)."""
        built = [name for name in paths if name.startswith(BUILT)]
        others = {name: place for name, place in paths.items() if not name.startswith(BUILT)}
        yield from super().post_process(others, dry_run=dry_run, **options)
        if not dry_run:
            for name, compressed in self.compress_files(built):
                yield name, compressed, True
