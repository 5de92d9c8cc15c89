"""From a notification to segments in the index."""
