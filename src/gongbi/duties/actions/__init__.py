"""What changes the lists, the rulings and the classifiers. Each is one transaction."""

from gongbi.duties.actions.classifier import (
    activate_model,
    is_held_out,
    learn,
    roll_back,
    train_from_history,
    train_nightly,
)
from gongbi.duties.actions.lists import Outcome, import_list, load_defaults, publish
from gongbi.duties.actions.routes import (
    activate_rules,
    add_precedent,
    draft_file,
    draft_rules,
    dry_run_draft,
    end_precedent,
)

__all__ = [
    "Outcome",
    "activate_model",
    "activate_rules",
    "add_precedent",
    "draft_file",
    "draft_rules",
    "dry_run_draft",
    "end_precedent",
    "import_list",
    "is_held_out",
    "learn",
    "load_defaults",
    "publish",
    "roll_back",
    "train_from_history",
    "train_nightly",
]
