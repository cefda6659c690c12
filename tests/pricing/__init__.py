"""Pricing: tariffs, carbon, power, overrides, quotes and bills."""
