"""The pages that residents see, one module for each thing they come for."""
