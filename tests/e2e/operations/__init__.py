"""The daemon, containers, the wheel, upgrades and a Ray cluster."""
