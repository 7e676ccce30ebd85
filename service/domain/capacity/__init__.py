"""Capacity model: machines, memory and database for a number of articles a day.

It multiplies measured costs per step by the load. `config/capacity_costs.json` contains the costs
and their sources; `python -m tests.bench.capacity.measure` measures them.
"""
