"""Benchmarks: they measure, they do not judge."""
