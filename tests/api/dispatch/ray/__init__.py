"""Tests of the ray backend against a real Ray head."""
