"""What-if: cli."""
