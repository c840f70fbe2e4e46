"""Who may do what here: people, posts and units for the system administrator; accounts and keys for the security one."""
