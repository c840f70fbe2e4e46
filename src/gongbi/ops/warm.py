"""What a web or worker process loads before its first request, so that nobody waits for it.

Done in the master where processes are forked (its pages of memory are then shared), else when a worker starts.
"""

import functools
import gc
import logging
from collections.abc import Callable

from django.db import Error, connections


def hooks() -> tuple[Callable[[], object], ...]:
    """Reference data that is kept in memory: one entry for each. Imported here, since this module comes before the apps."""
    from gongbi.duties import queries as duties
    from gongbi.kernel.clock.queries import current_calendar
    from gongbi.territory import queries as territory

    return current_calendar, territory.warm, duties.warm


@functools.cache
def warm() -> None:
    """Load all of it once. An empty database is fine: whatever is missing then is loaded when first needed."""
    for hook in hooks():
        try:
            hook()
        except (Error, LookupError) as error:
            name = f"{hook.__module__}.{getattr(hook, '__name__', hook)}"
            logging.getLogger("gongbi.ops").info("not warmed up: %s (%s)", name, type(error).__name__)
    connections.close_all()  # a forked child must not inherit a connection
    gc.collect()
    gc.freeze()
