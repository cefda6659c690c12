"""Faults: what networks and machines do to the services in between, made to order."""
