"""The compiled loops where numba is installed, else None: numba is a help, not a condition."""

from __future__ import annotations

from importlib import import_module
from typing import Any

kernels: Any
try:
    kernels = import_module("gongbi.science.scan.kernels")
except ImportError:
    kernels = None
