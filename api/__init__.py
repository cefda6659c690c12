"""The rooms with doors to the outside: command line, HTTP, store, backends and feeds."""
