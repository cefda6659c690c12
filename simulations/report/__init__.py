"""Writes outcomes as one HTML file that needs no network."""

from simulations.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
