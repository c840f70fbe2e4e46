"""A simulated district: what happens in it (pure), who acts in it through the public doors, and what a change would change."""
