"""The same ports within one process: what a single node needs."""
