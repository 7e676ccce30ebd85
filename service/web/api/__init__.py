"""Routes of the query API, a module for each resource."""
