"""The module social of Tearline, in FastAPI."""
