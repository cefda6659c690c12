"""Stories of figures known elsewhere."""
