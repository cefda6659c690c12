"""What moving data costs."""

from topology import Route


def transfer_cost_cny(route: Route, size_gb: float) -> float:
    """Cost of moving data along a route [CNY]: size [GB, decimal] times the sum of the links' prices; 0 where nothing moves."""
    return size_gb * route.price_cny_per_gb
