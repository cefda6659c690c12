"""The notebooks: clean, and running."""
