"""Tests of the placement optimizer."""
