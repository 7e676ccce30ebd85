"""The project as a whole: layers, import cost, docs and lock files. No behaviour."""
