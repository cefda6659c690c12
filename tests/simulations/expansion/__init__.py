"""Stories of capacity planning."""
