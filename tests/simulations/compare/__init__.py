"""What-if: compare."""
