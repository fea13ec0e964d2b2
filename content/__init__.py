"""Building blocks of pages: base page, stream blocks, Markdown, sources, norms, glossary, figures, reports of errors.

Rooms above build page types on BasePage and the blocks.
"""
