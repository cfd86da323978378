"""A step of the build: no package without the styles and scripts that its pages name."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Refuses to build a package while the browser's libraries are not fetched."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Stop unless they are there; an editable install takes them from the folder whenever they come."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from deploy.local import browser_assets

        if not browser_assets.is_current():
            sys.exit(
                f"the styles and scripts from npm are missing in {browser_assets.TARGET}, or are not those of the lock"
                " file: run `make assets`, then build again"
            )
