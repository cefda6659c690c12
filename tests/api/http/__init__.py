"""The service behind HTTP."""
