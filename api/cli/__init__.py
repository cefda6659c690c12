"""The command line of planning, serving and the customer; `edwc.py` mounts it. Importing this is light."""

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
    "login": ("api.cli.login:login", "Keep a service's address and an API key for the online commands."),
    "submit": ("api.cli.submit:submit", "Submit jobs to the service."),
    "quote": ("api.cli.quote:quote", "Show what a job would cost: now, cheapest, greenest, by region."),
    "jobs": ("api.cli.jobs:jobs", "List your jobs."),
    "show": ("api.cli.show:show", "Show one job, its attempts, or what it wrote."),
    "cancel": ("api.cli.cancel:cancel", "Cancel jobs."),
    "wait": ("api.cli.wait:wait", "Wait until jobs have ended."),
    "bill": ("api.cli.bill:bill", "Show a month's bill."),
    "sites": ("api.cli.sites:sites", "List the sites and whether each takes work."),
    "top": ("api.cli.top:top", "Watch live jobs, the latest plan and the sites."),
}
"""Command name -> (module:attribute, help in one line)."""
