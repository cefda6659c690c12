"""The routes: they translate between HTTP and the service, and do nothing else."""
