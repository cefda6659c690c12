"""Stories of outcomes and the laws they keep."""
