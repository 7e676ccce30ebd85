"""View models of the story page: reports by outlet, timeline, headlines, growth and history."""
