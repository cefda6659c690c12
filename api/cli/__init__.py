"""The command line of planning and judging; `edwc.py` mounts it. Importing this imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "plan": (
        "api.cli.plan:plan",
        "Decide where and when each job of a file runs, and prove how good that is.",
    ),
    "judge": (
        "api.cli.judge:judge",
        "Check a plan against its jobs and the catalogue, independently of the planner.",
    ),
    "explain": ("api.cli.explain:explain", "Say why one job is where it is, or why it was refused."),
    "catalogue": ("api.cli.catalogue:catalogue", "Validate, show or export a catalogue of sites and links."),
    "route": (
        "api.cli.route:route",
        "Show the route between two places: hops, round trip, price, transfer time.",
    ),
    "serve": ("api.cli.serve:serve", "Serve everything from one process: API, loop, console."),
    "api": ("api.cli.serve:api_only", "Serve the API alone, on a shared PostgreSQL."),
    "controller": ("api.cli.serve:controller", "Run the loop alone, on a shared PostgreSQL."),
    "admin": ("api.cli.admin:admin", "Look after tenants, keys, the store and its audit chain."),
    "prices": ("api.cli.prices:prices", "Show power price, carbon and PUE of a site, slot by slot."),
}
"""Command name -> (module:attribute, help in one line)."""
