"""What the site costs: `make bench` measures it, and bench/load.py lets three hundred people take an assessment.

Nothing here is part of the product. Every figure is also given as a ratio to what is measured beside it in the same run:
a Django view that only draws a template, and a page of a bare Wagtail site (bench/bare), both behind the same server.
"""
