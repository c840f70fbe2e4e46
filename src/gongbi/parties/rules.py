"""Who may hold which post. Pure: plain values in, plain values out."""

POST_ROLES: tuple[str, ...] = (
    "clerk", "dispatcher", "handler", "grid_worker", "checker", "adjudicator", "manager", "auditor", "admin", "security",
)
