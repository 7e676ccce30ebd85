"""Costs per step for the capacity model, and a simulation that checks the model; run by hand."""
