"""Tests of the package simulations."""
