"""The API as a whole: documentation, fuzzing, hostile input, query plans, Python client."""
