"""Certificates checked in ball arithmetic: stdlib and flint alone, nothing of the house.

The same package works as `certify.exact` and, for the script `certify/recheck.py`, as `exact`.
"""
