"""What the server keeps: an index of everything in SQLite, and files for large bodies."""
