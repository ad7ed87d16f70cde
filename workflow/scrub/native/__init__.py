"""The native core: rows of JSON and of tables checked and searched in one pass, in C.

It takes the place of the hot loop where `build.py` has built it. The bytes that come out are the
same with and without it; decision 0012 says why it is there, and why everything works without it.
"""
