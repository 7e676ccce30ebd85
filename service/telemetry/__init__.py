"""What a process reports about itself without the database: metrics and outages.

Any other package may use it; it imports nothing of the service.
"""
