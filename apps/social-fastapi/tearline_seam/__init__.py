"""The seam of Tearline in Python: contracts that other processes call, and calls of theirs. See docs/guide/wire-protocol.md."""
