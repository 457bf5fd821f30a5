"""One request at work: what operations share, below the handlers, which do not know each other."""
