"""Cases over HTTP: schemas, and one line into an action or a query."""

from gongbi.cases.api.public import router as public_router
from gongbi.cases.api.staff import router as staff_router

__all__ = ["public_router", "staff_router"]
