"""The commands of `python -m claims`, one file each; the only place that prints."""
