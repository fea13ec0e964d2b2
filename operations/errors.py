"""Refusals that a person reads."""

from __future__ import annotations


class Refused(ValueError):
    """A rule says no. The sentence is whole, translated and meant for the person; `next_step` says the way out."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step
