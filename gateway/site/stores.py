"""What a site file says about stores, looked at together."""

from gateway.site.draft import Draft
from gateway.site.schema import InfluxEntry, SiteEntry

DEFAULT_KIND = "default"
"""Stands in `history.keep` for every kind that is not named."""


def check_stores(draft: Draft, site: SiteEntry) -> None:
    """A history must lie somewhere, be kept by kinds there are, and be let in."""
    at = draft.nodes.get("site")
    if site.standby is not None and site.ledger is None:
        where = at.get("standby").at
        draft.add(where, "two gateways share a ledger", "expected site.ledger beside standby")
    if site.influx is None and not site.history.duckdb:
        where = at.get("history", "duckdb").at
        draft.add(where, "no history is kept", "expected site.influx beside duckdb: false")
    if site.influx is not None:
        _check_access(draft, site.influx)
    known = (DEFAULT_KIND, *draft.entries.kinds)
    for kind in site.history.keep:
        if kind not in known:
            draft.unknown(at.get("history", "keep", kind).key, "kind", kind, known)


def _check_access(draft: Draft, influx: InfluxEntry) -> None:
    token = influx.token
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        # Not shown: it is a secret. HTTP's libraries would show it.
        where = draft.nodes.get("site", "influx", "token").at
        draft.add(where, "token holds a space, a line break or the like", "expected it alone")
    at = draft.nodes.get("site", "influx").at
    if influx.token is not None and influx.username is not None:
        draft.add(at, "both token and username are given", "expected one: version 1 takes username")
    elif influx.version == 2 and (influx.token is None or influx.org is None):
        draft.add(at, "token or org is missing", "expected both for version 2")
