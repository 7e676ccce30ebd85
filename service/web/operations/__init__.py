"""Pages of operators: state of the service, feeds, jobs, deliveries, database."""
