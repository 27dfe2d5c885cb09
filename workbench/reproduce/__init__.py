"""Figures and tables of the papers, drawn anew, with what they are said to show judged."""
