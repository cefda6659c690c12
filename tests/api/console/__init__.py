"""The console, driven in a real browser against a real server."""
