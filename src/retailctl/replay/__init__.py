"""Fold the whole log again into a new generation of a view."""
