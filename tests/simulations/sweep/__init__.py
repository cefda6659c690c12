"""What-if: sweep."""
