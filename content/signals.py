"""What content tells the rooms above: pages that were rendered with it are to be rendered again."""

from django.dispatch import Signal

figure_changed = Signal()  # figure: Figure; one of its files has other bytes now
terms_changed = Signal()  # sent once after words of the glossary were added or changed
