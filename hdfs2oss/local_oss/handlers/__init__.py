"""What the server does with each request: one module a resource, one function an operation.

A handler takes an Operation and gives a Response, or raises OssError, NotModified or a Refusal of the store.
"""
