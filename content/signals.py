"""What content tells the rooms above: what was rendered with it is to be rendered again, or files were kept for them."""

from django.dispatch import Signal

figure_changed = Signal()  # figure: Figure; one of its files has other bytes now
terms_changed = Signal()  # sent once after words of the glossary were added or changed
documents_kept = Signal()  # kinds: set[str]; sent after a folder's kept documents were written, changed or not
