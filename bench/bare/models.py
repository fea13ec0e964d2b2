from django.db import models
from wagtail.fields import RichTextField
from wagtail.models import Page


class BarePage(Page):
    """The page of Wagtail's own first tutorial: a title, an introduction and a body."""

    intro = models.CharField(max_length=250)
    body = RichTextField()
    template = "bare/page.html"
