"""HTTP and XML as bytes: what is read off a socket and what is written back."""
