"""What if: workloads and traces for the production scheduler, and the worlds it might meet."""
