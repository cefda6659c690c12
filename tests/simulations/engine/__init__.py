"""Stories of the engine."""
