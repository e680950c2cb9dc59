"""What is live: news between workers, streams to browsers, and what each stream says."""
