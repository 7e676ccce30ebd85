"""Pages to follow the news: subscribe, follow and mute, feeds and exports."""
