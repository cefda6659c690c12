"""Tests of the kubernetes backend against an imitation of an API server."""
