"""One module for each command of ``gongbi``: ``arguments(parser)`` and ``run(args) -> int``."""
