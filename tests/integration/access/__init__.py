"""API keys, rate limits, body limits and the admin API."""
