"""What moving data costs."""

from topology import Route


def transfer_cost_cny(route: Route, size_gb: float) -> float:
    """Cost of moving data along a route [CNY]: size [decimal GB] times the sum of its links' prices."""
    return size_gb * route.price_cny_per_gb
