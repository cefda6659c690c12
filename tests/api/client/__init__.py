"""The client, told by what its user sees when servers fail."""
