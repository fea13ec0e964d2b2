"""Thin views: read the request, ask who may, call a service or a query, draw a template."""
