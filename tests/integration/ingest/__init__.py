"""Feed discovery, fetching, parsing and the fetch job, against loopback servers."""
