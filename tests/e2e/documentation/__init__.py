"""The demo, and the examples and programs of the documentation."""
