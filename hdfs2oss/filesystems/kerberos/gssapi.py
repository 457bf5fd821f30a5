"""Kerberos, as far as the native client of HDFS leaves it to others: who we are, and tickets for HTTP.

Through libgssapi_krb5, which that client loads as well. The library finds tickets as `kinit` left them (KRB5CCNAME).
With a keytab it takes new ones by itself, before the old ones end, and keeps them in memory, never on disk.
All calls may wait for a KDC.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...model.errors import AuthenticationFailed

_LIBRARY = "libgssapi_krb5.so.2"
_INITIATE = 1
_MECHANISM_CODE = 2
# The first eight bits of a status are how the library was called, the next eight what went wrong.
_ERRORS = 0xFFFF0000
_FIRST_STEP = 0
HOW_TO_ASK = "Run kinit for a ticket, or give --principal NAME@REALM --keytab FILE."


class Login(NamedTuple):
    """Whose key is used; without a keytab, whose tickets there are."""

    principal: str = ""
    keytab: str = ""


# Without a key of our own.
BY_TICKET = Login()


class _Buffer(ctypes.Structure):
    _fields_ = (("length", ctypes.c_size_t), ("value", ctypes.c_void_p))


class _Oid(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint32), ("elements", ctypes.c_char_p))


class _Pair(ctypes.Structure):
    _fields_ = (("key", ctypes.c_char_p), ("value", ctypes.c_char_p))


class _Store(ctypes.Structure):
    _fields_ = (("count", ctypes.c_uint32), ("pairs", ctypes.POINTER(_Pair)))


_SPNEGO = _Oid(6, b"\x2b\x06\x01\x05\x05\x02")
_HOST_BASED_SERVICE = _Oid(10, b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04")
_PRINCIPAL_NAME = _Oid(10, b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01")

# Of credentials in one cache, so that two threads do not take tickets at the same time.
_lock = threading.Lock()


def missing() -> str:
    """Why there is no Kerberos on this machine; "" where there is."""
    try:
        _library()
    except OSError:
        return (
            f"the Kerberos library {_LIBRARY} is missing on this machine "
            "(Debian: apt-get install libgssapi-krb5-2, Red Hat: yum install krb5-libs)"
        )
    return ""


def principal_of(login: Login) -> str:
    """The principal whose ticket or key is used, such as `alice@REALM`. Raises AuthenticationFailed for none."""
    with _credential(login) as credential, _handle("gss_release_name") as name:
        _check("gss_inquire_cred", credential, ctypes.byref(name), None, None, None)
        with _filled() as text:
            _check("gss_display_name", name, ctypes.byref(text), None)
            return _bytes_of(text).decode()


def http_token(host: str, login: Login) -> bytes:
    """What shows a web server on `host` who we are, after `Authorization: Negotiate`. Raises AuthenticationFailed."""
    with (
        _credential(login) as credential,
        _name(f"HTTP@{host}", _HOST_BASED_SERVICE) as target,
        _context() as context,
        _filled() as token,
    ):
        _check(
            "gss_init_sec_context",
            credential,
            ctypes.byref(context),
            target,
            ctypes.byref(_SPNEGO),
            _FIRST_STEP,
            0,
            None,
            None,
            None,
            ctypes.byref(token),
            None,
            None,
        )
        return _bytes_of(token)


@functools.cache
def _library() -> Any:
    return ctypes.CDLL(_LIBRARY)


def _check(function: str, *arguments: object) -> None:
    """Call a function of the library; its first argument takes its second status. Raises AuthenticationFailed."""
    if why := missing():
        raise AuthenticationFailed(why)
    minor = ctypes.c_uint32()
    major = getattr(_library(), function)(ctypes.byref(minor), *arguments) & 0xFFFFFFFF
    if major & _ERRORS:
        raise AuthenticationFailed(f"{_words(minor.value) or f'{function} failed with {major:#x}'}", HOW_TO_ASK)


def _words(minor: int) -> str:
    """What the library says of a status."""
    more = ctypes.c_uint32()
    with _filled() as text:
        _library().gss_display_status(
            ctypes.byref(ctypes.c_uint32()), minor, _MECHANISM_CODE, None, ctypes.byref(more), ctypes.byref(text)
        )
        return _bytes_of(text).decode("utf-8", "replace")


@contextmanager
def _credential(login: Login) -> Iterator[Any]:
    """The key's, or those of the cache of tickets."""
    cache = f"MEMORY:hdfs2oss {login.principal} {login.keytab}"
    entries = {b"client_keytab": login.keytab.encode(), b"ccache": cache.encode()} if login.keytab else {}
    pairs = (_Pair * len(entries))(*(_Pair(key, value) for key, value in entries.items()))
    store = ctypes.byref(_Store(len(entries), pairs)) if entries else None
    with _name(login.principal, _PRINCIPAL_NAME) as name, _handle("gss_release_cred") as credential:
        try:
            with _lock:
                _check("gss_acquire_cred_from", name, 0, None, _INITIATE, store, ctypes.byref(credential), None, None)
        except AuthenticationFailed as error:
            if not login.keytab or missing():
                raise
            told = f"the keytab {login.keytab} brings no ticket for {login.principal}: {error}"
            raise AuthenticationFailed(told, f"See whose keys are in it: klist -k {login.keytab}") from None
        yield credential


@contextmanager
def _name(text: str, kind: _Oid) -> Iterator[Any]:
    with _handle("gss_release_name") as name:
        if text:
            encoded = text.encode()
            buffer = _Buffer(len(encoded), ctypes.cast(ctypes.c_char_p(encoded), ctypes.c_void_p))
            _check("gss_import_name", ctypes.byref(buffer), ctypes.byref(kind), ctypes.byref(name))
        yield name


@contextmanager
def _context() -> Iterator[Any]:
    context = ctypes.c_void_p()
    try:
        yield context
    finally:
        if context:
            _library().gss_delete_sec_context(ctypes.byref(ctypes.c_uint32()), ctypes.byref(context), None)


@contextmanager
def _handle(release: str) -> Iterator[Any]:
    handle = ctypes.c_void_p()
    try:
        yield handle
    finally:
        if handle:
            getattr(_library(), release)(ctypes.byref(ctypes.c_uint32()), ctypes.byref(handle))


@contextmanager
def _filled() -> Iterator[_Buffer]:
    """A buffer that the library fills, and takes back."""
    buffer = _Buffer()
    try:
        yield buffer
    finally:
        if buffer.value:
            _library().gss_release_buffer(ctypes.byref(ctypes.c_uint32()), ctypes.byref(buffer))


def _bytes_of(buffer: _Buffer) -> bytes:
    return ctypes.string_at(buffer.value, buffer.length) if buffer.value else b""
