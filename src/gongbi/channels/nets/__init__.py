"""The merged networks (party building, city management, public security co-ordination, public service) as configured sources."""
