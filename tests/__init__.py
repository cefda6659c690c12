"""Tests: they mirror the five packages, and tell stories."""
