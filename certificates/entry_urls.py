"""Addresses without a language: those that stand on paper, and those that machines and phones without a network use."""

from __future__ import annotations

from django.urls import path

from certificates import badge_views, offline_views, views

verification = [
    path("offline/", offline_views.enter, name="verify-offline"),
    path("offline/data.json", offline_views.data, name="verify-offline-data"),
    path("offline/worker.js", offline_views.worker, name="verify-offline-worker"),
    path("offline/<str:language>/", offline_views.page, name="verify-offline-page"),
    path("offline/<str:language>/app.webmanifest", offline_views.manifest, name="verify-offline-manifest"),
    path("<str:number>", views.verify_redirect, name="verify-paper"),
    path("<str:number>/", views.verify_redirect, name="verify-paper-slash"),
]

urlpatterns = [
    path(".well-known/did.json", badge_views.did, name="badge-issuer"),
    path("badges/status/<int:number>", badge_views.status_list, name="badge-status"),
    path("badges/status/<int:number>.jwt", badge_views.status_list_jwt, name="badge-status-jwt"),
    path("badges/<uuid:pk>", badge_views.badge, name="badge"),
    path("badges/<uuid:pk>.jwt", badge_views.badge_jwt, name="badge-jwt"),
]
