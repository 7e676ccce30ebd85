"""Jobs: the scheduler process. The jobs themselves are in the integration tests."""
