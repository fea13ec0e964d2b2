"""The yardsticks: a view that draws a template, and a page as a new Wagtail site serves it."""
