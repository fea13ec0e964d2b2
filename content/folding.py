"""Folding of text; it lives below, where people's names need it too."""

from operations.folding import fold

__all__ = ["fold"]
