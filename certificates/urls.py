from __future__ import annotations

from django.urls import path

from certificates import pathway_views, views

urlpatterns = [
    path("certificates/", views.certificates, name="certificates"),
    path("certificates/<str:number>/", views.certificate, name="certificate"),
    path("certificates/<str:number>/pdf/<str:language>/", views.certificate_pdf, name="certificate-pdf-language"),
    path("certificates/<str:number>/pdf/", views.certificate_pdf, name="certificate-pdf"),
    path("verify/", views.verify, name="verify"),
    path("verify/file/", views.verify_file, name="verify-file"),
    path("verify/<str:number>/", views.verify_number, name="verify-number"),
    path("certification/", pathway_views.pathway, name="pathway"),
    path("certification/files/<int:pk>/", pathway_views.evidence_file, name="pathway-evidence"),
    path("teach/candidates/", pathway_views.candidates, name="teach-candidates"),
    path("teach/candidates/<uuid:id>/", pathway_views.candidate, name="teach-candidate"),
]
