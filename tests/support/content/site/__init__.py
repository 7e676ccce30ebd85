"""Content of a database for tests of API and pages."""
