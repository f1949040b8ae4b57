"""Secrets never leave the process: every message, log line and traceback passes through `redact`."""

import json
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

MASK = "***"

_KEYS = (
    "access_token | fb_exchange_token | input_token | client_secret | app_secret | appsecret_proof"
    " | password | passwd | authorization"
)
_known: set[str] = set()

# A key that names a secret, then its value: in a query string, in JSON, in a header, in a keyword list, quoted or bare.
_KEYED = re.compile(
    rf"""(?ix)
    ( (?: {_KEYS} )
      \\* ["']? [ \t]* (?: [=:] | %3[ad] ) [ \t]* )
    (?: ( (?P<quote> \\* ["'] ) (?: (?:bearer|oauth|basic) \s+ )? )
        (?: (?P=quote){{2}} | (?! (?P=quote) ) (?: \\. | [^\\\n] ) )+
      | ( (?: (?:bearer|oauth|basic) [ \t]+ )? )
        (?: [^\s"'&,;}}{{)\]\\] | \\ [^\s"'] | [,;}}{{)\]] (?= [^\s"'&,;}}{{)\]\\] ) )+ )
    """
)
_SECRET_KEY = re.compile(rf"(?ix) (?: {_KEYS} ) $")
_BEARER = re.compile(r"(?i)\b(bearer|oauth)\s+[\w.~+/|-]{8,}=*")
# The word PASSWORD is a placeholder: a hint that shows the form of a URL keeps it.
_URL_PASSWORD = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*):(?!PASSWORD@[A-Z])([^\s/]*)@")
# A database URL of which it is certain where the password begins and ends.
_HOST = r"(?: [^\s:/@?\#,\[\]]+ | \[ [0-9A-Fa-f:.]+ \] )? (?: : \d{1,5} )?"
_PLAIN_URL = re.compile(
    rf"""(?x) (?P<scheme> [A-Za-z][A-Za-z0-9+.-]* :// )
    (?: (?P<user> [^\s:/@?\#]* ) (?P<password> : [^\s/@?\#]* )? @ )?
    (?P<place> {_HOST} (?: , {_HOST} )* (?: / [^\s:/@?\#]* )? )
    (?: \? (?P<query> [^\s@?\#]* ) )?"""
)
_KEYWORD = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?:\s+|$)", re.DOTALL)
_HARMLESS_KEYS = frozenset(
    {
        *("host", "hostaddr", "port", "user", "dbname", "ssl", "sslmode"),
        *("connect_timeout", "application_name", "target_session_attrs"),
    }
)
# Meta's user, page and system-user tokens begin with EAA; an app token is "app id|app secret".
_META_TOKEN = re.compile(r"\bEAA[A-Za-z0-9]{16,}")
_APP_TOKEN = re.compile(r"\b\d{6,}\|[\w-]{16,}")


def remember_secret(value: str) -> None:
    """Mask this very value, whatever stands around it, from now on. Values under 6 characters are ignored:
    masking them would blank ordinary words."""
    if len(value) >= 6:
        in_json = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        in_urls = {form(value, safe=safe, errors="surrogatepass") for form in (quote, quote_plus) for safe in ("", "/")}
        _known.update({value, repr(value)[1:-1]} | in_json | in_urls)


def redact(text: str) -> str:
    """The text with every token, secret and password replaced by `***`."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    text = _KEYED.sub(lambda found: f"{found[1]}{found[2] or found[4] or ''}{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _META_TOKEN.sub(MASK, text)
    return _APP_TOKEN.sub(MASK, text)


def redact_url(text: str) -> str:
    """A database URL, or a "host=… dbname=…" list, with `***` for the password; `***` for the whole of a text
    in which it is not certain where a password begins and ends."""
    if found := _PLAIN_URL.fullmatch(text):
        user = "" if found["user"] is None else f"{found['user']}{f':{MASK}' if found['password'] else ''}@"
        query = "&".join(map(_shown_parameter, found["query"].split("&"))) if found["query"] else ""
        return f"{found['scheme']}{user}{found['place']}{query and f'?{query}'}"
    pairs = list(_KEYWORD.finditer(text))
    if pairs and "".join(pair[0] for pair in pairs) == text.lstrip():
        return " ".join(_shown_parameter(f"{pair[1]}={pair[2]}") for pair in pairs)
    return MASK if text else ""


def _shown_parameter(pair: str) -> str:
    key, separator, _ = pair.partition("=")
    return pair if separator and key in _HARMLESS_KEYS else f"{key}={MASK}" if separator else MASK


def redact_values(value: object) -> object:
    """The same JSON value with every text in it redacted, and every text under a key that names a secret masked."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {
            redact(str(key)): MASK if isinstance(item, str) and _SECRET_KEY.search(str(key)) else redact_values(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))
