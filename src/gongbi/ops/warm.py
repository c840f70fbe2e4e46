"""What a web or worker process loads before its first request, so that nobody waits for it.

Done in the master where processes are forked (its pages of memory are then shared), else when a worker starts.
"""

import functools
import gc
import logging

from django.db import Error, connections

from gongbi.ops.parts import optional

# Reference data that is kept in memory: one line for each.
HOOKS = (
    "gongbi.kernel.clock.queries:current_calendar",
    "gongbi.territory.queries:warm",
    "gongbi.duties.queries:warm",
)


@functools.cache
def warm() -> None:
    """Load all of it once. An empty database is fine: whatever is missing then is loaded when first needed."""
    for path in HOOKS:
        hook = optional(path)
        if hook is None:
            continue
        try:
            hook()
        except (Error, LookupError) as error:
            logging.getLogger("gongbi.ops").info("not warmed up: %s (%s)", path, type(error).__name__)
    connections.close_all()  # a forked child must not inherit a connection
    gc.collect()
    gc.freeze()
