"""Guided cases: one click from the Worklist, a few steps, each with its figures in a sentence."""
