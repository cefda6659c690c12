"""Tests of staging: copies that resume, are checked, keep to their rate, and happen once."""
