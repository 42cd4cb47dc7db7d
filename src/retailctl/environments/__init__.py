"""An environment: its target, state, roles and outputs."""
