"""What-if: report."""
