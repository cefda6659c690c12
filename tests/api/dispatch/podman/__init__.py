"""Tests of the podman backend against a real Podman."""
