"""The test vectors of the wire protocol, which the TypeScript side passes too."""
import json
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any

from tearline_seam.call import CallContext, covers, later_position
from tearline_seam.compatibility import incompatibilities
from tearline_seam.credential import Credential
from tearline_seam.errors import SeamError, error_from_wire, error_to_wire
from tearline_seam.frames import FrameReader, parse
from tearline_seam.values import EPOCH, UNDEFINED, BigInt, Buffer, InvalidDate, from_wire, to_wire

FOLDER = Path(__file__).resolve().parents[3] / "libs" / "seam" / "vectors"
MAKE = {
    "json": lambda content: content,
    "date": lambda content: InvalidDate() if content is None else EPOCH + timedelta(milliseconds=content),
    "bigint": lambda content: BigInt(content),
    "bytes": lambda content: bytes(content),
    "buffer": lambda content: Buffer(content),
    "number": lambda content: float(content),
    "undefined": lambda content: UNDEFINED,
    "list": lambda content: [value_of(each) for each in content],
    "fields": lambda content: {key: value_of(each) for key, each in content.items()},
}


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def value_of(notation: dict) -> Any:
    ((kind, content),) = notation.items()
    return MAKE[kind](content)


class Vectors(unittest.TestCase):
    def test_frames(self) -> None:
        for vector in vectors("frames"):
            with self.subTest(vector["name"]):
                reader, received, reason = FrameReader(vector["limit"]), [], None
                try:
                    for chunk in vector["bytes"]:
                        for text in reader.feed(chunk.encode()):
                            received.append(parse(text))
                except ValueError as error:
                    reason = str(error)
                self.assertEqual(received, vector["messages"])
                if vector.get("error") == "any":
                    self.assertIsNotNone(reason)
                else:
                    self.assertEqual(reason, vector.get("error"))

    def test_handshake(self) -> None:
        for vector in vectors("handshake"):
            credential = Credential(vector["secret"])
            for role in ("client", "server"):
                self.assertEqual(credential.proof(role, vector["challenge"], vector["nonce"]), vector[role])

    def test_values(self) -> None:
        for vector in vectors("values"):
            with self.subTest(vector["name"]):
                if "value" in vector:
                    self.assertEqual(to_wire(value_of(vector["value"])), vector["wire"])
                expected = value_of(vector.get("decoded") or vector["value"])
                decoded = from_wire(vector["wire"])
                self.assertEqual(type(decoded), type(expected))
                # NaN differs from itself.
                self.assertEqual(repr(decoded) if isinstance(decoded, float) else decoded, repr(expected) if isinstance(expected, float) else expected)

    def test_errors(self) -> None:
        for vector in vectors("errors"):
            with self.subTest(vector["name"]):
                given = vector["error"]
                data = value_of(given["data"]) if "data" in given else UNDEFINED
                error = SeamError(given["code"], given["message"], data, given["retryable"])
                self.assertEqual(error_to_wire(error), vector["wire"])
                arrived = error_from_wire(vector["wire"])
                self.assertEqual(
                    (arrived.code, arrived.message, arrived.retryable, arrived.data), (error.code, error.message, error.retryable, data)
                )

    def test_compatibility(self) -> None:
        for vector in vectors("compatibility"):
            with self.subTest(vector["name"]):
                caller = {"name": "sample", "methods": {"one": vector["caller"]}}
                callee = {"name": "sample", "methods": {"one": vector["callee"]} if vector["callee"] else {}}
                self.assertEqual(incompatibilities(caller, callee).get("sample.one"), vector["problem"])

    def test_keys(self) -> None:
        vector = vectors("keys")
        context = CallContext("request", 0, idempotency_key=vector["key"])
        keys = [context.next_idempotency_key(call["method"]) for call in vector["calls"]]
        self.assertEqual(keys, [call["key"] for call in vector["calls"]])

    def test_positions(self) -> None:
        for vector in vectors("positions"):
            self.assertEqual(later_position(vector["known"], vector["other"]), vector["later"])
            self.assertEqual(covers(vector["known"], vector["other"]), vector["knownCoversOther"])


if __name__ == "__main__":
    unittest.main()
