"""The store: one contract over every implementation."""
