"""What `make dist` makes: a wheel, the project's code as a zip, and an environment with a Python of its own.

It is run by a developer, never shipped. The first two need the checkout only; the environment is put together of the
interpreter that made .venv, of the packages that are installed there (those the tests ran with), and of the wheel.
"""
