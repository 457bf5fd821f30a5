"""Who sends a request: signatures in headers and URLs."""
