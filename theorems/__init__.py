"""The catalogue: one file a paper, or a folder of files for a long one."""
