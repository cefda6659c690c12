"""Golden models, one per constraint."""
