"""The report of what the release engine promises and keeps: Markdown, and one HTML page."""
