"""Domains: which belong together, which are our own, which are shared by strangers."""

from collections.abc import Collection
from functools import lru_cache

import tldextract

# The list that comes with the package; nothing is downloaded or cached on disk.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=65536)
def lineage(domain: str) -> tuple[str, ...]:
    """The domain and its parents down to the registrable one (public suffix list), most special first.

    `mail.acme.co.uk` gives itself and `acme.co.uk`; a public suffix alone gives nothing.
    """
    registrable = _extract(domain).top_domain_under_public_suffix
    if not registrable:
        # Names without a public suffix (office.local) belong to whoever runs them.
        named = "." in domain and all(domain.split("."))
        return (domain,) if named and not _extract(domain).suffix else ()
    labels = domain[: -len(registrable)].rstrip(".").split(".") if domain != registrable else []
    names = [".".join([*labels[i:], registrable]) for i in range(len(labels)) if labels[i]]
    return (*names, registrable)


def is_within(domain: str, owners: Collection[str]) -> bool:
    """True where the domain is one of `owners` or a subdomain of one."""
    while domain and domain not in owners:
        domain = domain.partition(".")[2]
    return bool(domain)
