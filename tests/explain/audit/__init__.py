"""The audit of maps."""
