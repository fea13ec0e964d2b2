"""The learning record: statements, recorded decisions, voidings, pseudonymous record keys, and the projections folded from them.

Everything that counts for a person is written through `records.services.record`. Rooms above register projectors.
"""
