"""What the district tells: bulletins of a day, a week or a month, and counts that everybody may take away."""
