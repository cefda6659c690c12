"""The service, seen through its public doors."""
