"""How a history goes wrong, drawn by Hypothesis: for the laws of views that fold the log."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from support.event_source import Faults

RATES = (0.0, 0.02, 0.1, 0.25)
CRASHES = (0.0, 0.02, 0.1)
ABANDONED = (0.0, 0.02, 0.1, 0.3)

seeds = st.integers(min_value=0, max_value=2**32)
faults = st.builds(
    Faults,
    refused=st.sampled_from(RATES),
    lost=st.sampled_from(RATES),
    sent_again=st.sampled_from(RATES),
    crash=st.sampled_from(CRASHES),
    unprocessed=st.sampled_from(RATES),
    abandoned=st.sampled_from(ABANDONED),
    redelivered=st.sampled_from(RATES),
)
conflicting = st.builds(replace, faults, conflict=st.sampled_from(RATES))
"""For views that write transactions, too."""
ROUGH = Faults(
    refused=0.1, lost=0.1, sent_again=0.1, crash=0.02, unprocessed=0.1, abandoned=0.1, redelivered=0.1
)
