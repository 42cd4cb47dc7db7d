"""An environment: where it is applied, its state, its roles, its outputs."""
