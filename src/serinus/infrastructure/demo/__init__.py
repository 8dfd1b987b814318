"""Content to look at on the first day, read by the same importer as everything else."""
