"""Care lists at the desk: kept by the community's or street's manager, and seen by nobody else."""
