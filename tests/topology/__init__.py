"""Topology: places, links, time, catalogues."""
