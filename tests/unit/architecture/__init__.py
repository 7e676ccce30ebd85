"""Tests of the layers: import cost, layer diagram."""
