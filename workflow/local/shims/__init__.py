"""Repairs of the pinned emulators, one shim a file.

Each shim says what is wrong, what AWS does (with the source), and pins the functions that it
replaces or relies on by the hash of their source, so that a new release of an emulator fails a
contract test in `tests/local/contracts` instead of changing the stack's behaviour silently.
"""
