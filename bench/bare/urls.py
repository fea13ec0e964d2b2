from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from wagtail import urls as wagtail_urls


def plain(request: HttpRequest) -> HttpResponse:
    """The least a page can be: a template, no query."""
    return render(request, "bare/plain.html", {"lines": range(40)})


urlpatterns = [path("plain/", plain), path("", include(wagtail_urls))]
