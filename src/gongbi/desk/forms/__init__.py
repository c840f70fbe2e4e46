"""What people fill in at the desk: the filters of lists, one form for each step, the caller's form."""
