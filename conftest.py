"""Wiring: pyproject.toml loads the plug-in; nothing else is shared by all tests."""
