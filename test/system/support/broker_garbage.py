"""Says wrong things on every port of a broker: PORT PUB_PORT TAP_PORT."""

import random
import socket
import sys

import msgpack
import zmq

port, pub_port, tap_port = sys.argv[1:4]
context = zmq.Context()
chance = random.Random(7)


def dealer(identity):
    made = context.socket(zmq.DEALER)
    made.setsockopt(zmq.LINGER, 500)
    made.setsockopt(zmq.ROUTING_ID, identity)
    made.connect(f"tcp://127.0.0.1:{port}")
    return made


def envelope(version=1, kind=0, body=b"", from_="liar", **changes):
    fields = [version, kind, from_, changes.get("to", ""), changes.get("room", ""), 0, 0, 0, "", 0, body]
    return msgpack.packb(fields)


line = dealer(b"liar#1")
for size in (0, 1, 7, 100, 5000):
    line.send(chance.randbytes(size))
line.send_multipart([b"two", b"frames"])
line.send(b"\xdd\xff\xff\xff\xff")  # an array of four thousand million elements
line.send(b"\x91" * 3000)  # nested beyond reason
line.send(msgpack.packb({"not": "an envelope"}))
line.send(msgpack.packb([1, 0]))
line.send(envelope(kind=99))
line.send(envelope(kind=0, body=b"no hello"))
line.send(envelope(kind=9, to="chat-server-1"))  # before any hello
line.send(envelope(kind=12, to=["connector-server-1"], from_="chat-server-1"))  # in somebody else's name

other = dealer(b"liar#2")
other.send(envelope(version=77, kind=0))
poller = zmq.Poller()
poller.register(other, zmq.POLLIN)
if poller.poll(1000):
    answer = msgpack.unpackb(other.recv())
    assert answer[1] in (2,), answer
print("wrong version: unanswered or refused")

for number in (pub_port, tap_port):
    subscriber = context.socket(zmq.SUB)
    subscriber.setsockopt(zmq.LINGER, 500)  # the subscriptions still travel when the context ends
    subscriber.setsockopt(zmq.RCVHWM, 1)
    subscriber.connect(f"tcp://127.0.0.1:{number}")
    for topic in (b"\x00" * 300, b"connector-server-1", b"\xff", b"liar\x00" + bytes(8)):
        subscriber.setsockopt(zmq.SUBSCRIBE, topic)

for number in (port, pub_port, tap_port):
    with socket.create_connection(("127.0.0.1", int(number))) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + chance.randbytes(2000))

context.destroy(linger=500)
