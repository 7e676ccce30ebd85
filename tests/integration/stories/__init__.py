"""Jobs that make stories, and stories through API and pages, past included."""
