"""The compiled loops where numba is installed, else None: numba is a help, not a condition."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib import import_module
from typing import Any

_NAME = "gongbi.science.scan.kernels"


def _load() -> Any:
    try:
        return import_module(_NAME)
    except ImportError:
        return None
    except RuntimeError:  # no folder in which numba may keep what it compiled: keep it for this process alone
        from numba import config

        os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="gongbi-loops-")
        again: Any = config.reload_config
        again()
        for name in [name for name in sys.modules if name.startswith(_NAME)]:
            del sys.modules[name]
        return import_module(_NAME)


kernels: Any = _load()
