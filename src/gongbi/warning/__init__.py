"""Warnings about places, kinds and units, never persons: raised by a nightly look, assessed and reviewed by people."""
