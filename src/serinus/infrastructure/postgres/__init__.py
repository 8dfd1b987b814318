"""Everything kept in PostgreSQL. SQL stands here and nowhere else."""
