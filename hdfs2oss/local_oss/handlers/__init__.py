"""What the server does with each request: one module a resource, one function an operation.

An operation takes (Context, Request) and gives a Response, or raises OssError or NotModified.
"""
