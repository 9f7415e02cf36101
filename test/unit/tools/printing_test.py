"""What the monitor shows of a body: nothing that commands a terminal, nothing that opens a door."""

import unittest

import msgpack

from citronctl.printing import body_text, clean

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln-bmF0_dXJl"


class Clean(unittest.TestCase):
    def test_no_control_character_is_left(self):
        for code in (*range(0x20), *range(0x7f, 0xa0), 0x200e, 0x2028, 0x202e, 0x2066, 0xd800):
            shown = clean(f"a{chr(code)}b")
            self.assertTrue(shown.isprintable() and shown.startswith("a\\"), hex(code))

    def test_text_stays_as_it_is(self):
        self.assertEqual(clean("grüße, 世界 🍋"), "grüße, 世界 🍋")


class Bodies(unittest.TestCase):
    def test_json_and_msgpack_are_cleaned(self):
        self.assertEqual(body_text(b'{"a":"\x1b[31m"}'), r'{"a":"\x1b[31m"}')
        self.assertEqual(body_text(msgpack.packb(["\x1b", b"\x07", 1])), r'["\x1b", \x07, 1]')
        self.assertEqual(body_text(b"\xff\xfe\x00"), "0xfffe00")

    def test_a_resume_key_is_not_shown(self):
        for key in ("k3y", 'with \\" a quote', ""):
            shown = body_text(f'{{"resumeKey": "{key}","rid":"r"}}'.encode())
            self.assertEqual(shown, '{"resumeKey":<secret>,"rid":"r"}')
        self.assertNotIn("k3y", body_text(b'{"resumeKey":"k3y'), "a body that was cut")

    def test_nor_its_hash(self):
        shown = body_text(msgpack.packb(["ada", "c1", "0123456789abcdef" * 4, 7]))
        self.assertEqual(shown, '["ada", "c1", "<secret>", 7]')

    def test_nor_a_token_wherever_it_stands(self):
        for body in (f'{{"token":"{TOKEN}"}}'.encode(), msgpack.packb([TOKEN, "x"]), f"{{broken {TOKEN}".encode(),
                     msgpack.packb([f'{{"content":"{TOKEN}"}}'.encode()])):
            shown = body_text(body)
            self.assertIn("<secret>", shown)
            self.assertNotIn("eyJ", shown)

    def test_nor_one_in_hex(self):
        shown = body_text(b"\xff " + TOKEN.encode())
        self.assertEqual(bytes.fromhex(shown[2:]), b"\xff <secret>")

    def test_a_secret_at_the_place_where_a_long_body_is_cut_is_not_shown_in_part(self):
        for filler in range(1900, 2001):
            self.assertNotIn("eyJhbG", body_text(b'{"a":"' + b"x" * filler + TOKEN.encode() + b'"}'), filler)


if __name__ == "__main__":
    unittest.main()
