"""Where an endpoint is, and which proxy stands before it."""

from __future__ import annotations

from collections.abc import Mapping

from yarl import URL

from fairtrial.core.errors import UsageError


def endpoint(base_url: str) -> URL:
    """The base address of an API. Raises UsageError where it is none, or carries a key.

    A base address stands in the plan and in every report, so user names, passwords and queries are refused.
    """
    try:
        url = URL(base_url.strip())
        port = url.port
    except ValueError as error:
        raise UsageError(f"{base_url!r} is no address", "give it like http://127.0.0.1:8000/v1") from error
    if url.scheme not in ("http", "https") or not url.host or port is None:
        raise UsageError(f"{base_url!r} is no address", "give it like http://127.0.0.1:8000/v1")
    if url.user or url.password or url.query_string or url.fragment:
        raise UsageError(
            "the base address holds a user name, password or query",
            "give scheme, host and path alone; a key comes from the environment",
        )
    return url.with_path(url.path.rstrip("/") or "/")


def below(base: URL, path: str) -> URL:
    """The address of `path` under `base`; an encoded slash in the path stays encoded."""
    return URL(f"{str(base).rstrip('/')}/{path}", encoded=True)


def proxy_of(url: URL, environ: Mapping[str, str]) -> URL | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY (either case) name for `url`."""
    proxy = _either(environ, f"{url.scheme}_proxy")
    if not proxy:
        return None
    host = (url.host or "").lower()
    for entry in _either(environ, "no_proxy").lower().split(","):
        name = entry.strip().removeprefix("*").removeprefix(".").partition(":")[0]
        if entry.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
            return None
    return URL(proxy if "://" in proxy else f"http://{proxy}")


def _either(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""
