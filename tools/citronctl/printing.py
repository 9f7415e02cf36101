"""Text from users and peers on its way to a terminal: nothing of it may command the terminal, or tell a secret."""

import re

from . import wire

LONGEST_BODY = 2000
SECRETS = (re.compile(r'(?<="resumeKey":)\s*"(?:[^"\\]|\\.)*"?'),  # of a client's JSON; the end may have been cut off
           re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"),  # what connectors make of a resumeKey, and show owners instead of it
           re.compile(r"eyJ[\w-]*\.[\w-]+(?:\.[\w-]*)?"))  # a JSON Web Token
HIDDEN = "<secret>"


def clean(text):
    """Control, formatting and broken characters as escapes; everything else as it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


def body_text(body):
    """A body as one line: msgpack spelled out, JSON as it is, anything else in hex; keys and tokens left out."""
    if not body:
        return ""
    if body[:1] in (b"{", b'"'):
        return _cut(_without_secrets(_text_or_hex(body)))
    try:
        return _cut(_without_secrets(_spell(wire.unpack(body))))
    except wire.WireError:
        return _cut(_without_secrets(_text_or_hex(body)))


def _without_secrets(text):
    for pattern in SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


def _spell(value):
    if isinstance(value, list):
        return "[" + ", ".join(map(_spell, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_spell(key)}: {_spell(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bytes):
        return _text_or_hex(value)
    if isinstance(value, str):
        return '"' + clean(value) + '"'
    return {True: "true", False: "false", None: "null"}[value] if isinstance(value, (bool, type(None))) else str(value)


def _text_or_hex(data):
    try:
        return clean(data.decode("utf-8"))
    except UnicodeDecodeError:
        return "0x" + _without_secrets(data.decode("latin-1")).encode("latin-1").hex()


def _cut(text):
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}... ({len(text)} characters)"
