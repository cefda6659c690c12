"""What-if: scenario."""
