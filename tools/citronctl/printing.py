"""Text from users and peers on its way to a terminal: nothing of it may command the terminal."""

from . import wire

LONGEST_BODY = 2000


def clean(text):
    """Control, formatting and broken characters as escapes; everything else as it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


def body_text(body):
    """A body as one line: msgpack spelled out, JSON as it is, anything else in hex."""
    if not body:
        return ""
    if body[:1] in (b"{", b'"'):
        return _cut(_text_or_hex(body))
    try:
        return _cut(_spell(wire.unpack(body)))
    except wire.WireError:
        return _cut(_text_or_hex(body))


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
        return "0x" + data.hex()


def _cut(text):
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}... ({len(text)} characters)"
