"""Artifacts: the functions' zips, the page, and stored builds."""
