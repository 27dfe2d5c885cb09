"""Cases on many machines: each is a task of a Dask cluster, and its report comes home as text."""
