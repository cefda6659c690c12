"""Slurm: against its recorded answers, and against the real programs."""
