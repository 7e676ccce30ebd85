"""Pages for readers who want to follow: subscribe, follow and mute, feeds and exports."""
