"""Faults on purpose: rules by request, and what they do to it."""
