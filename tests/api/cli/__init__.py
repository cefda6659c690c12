"""Tests of the command line of planning and judging."""
