"""The pages of bulletins and of open data."""
