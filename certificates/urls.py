from __future__ import annotations

from django.urls import path

from certificates import cascade_views, definition_views, pathway_views, trainer_views, views, workshop_views

DESK = "teach/workshops/<uuid:id>/certificates/"

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
    path(DESK, workshop_views.desk, name="workshop-certificates"),
    path(f"{DESK}specimen/", workshop_views.specimen, name="workshop-specimen"),
    path(f"{DESK}file/", workshop_views.papers, name="workshop-certificates-file"),
    path(f"{DESK}register/", workshop_views.register, name="workshop-handovers"),
    path(f"{DESK}<uuid:registration>/", workshop_views.one, name="workshop-certificate"),
    path("certification/cascade/", cascade_views.own, name="my-cascade"),
    path("manage/certification/", definition_views.pathways, name="manage-pathways"),
    path("manage/certification/new/", definition_views.pathway, name="manage-pathway-new"),
    path("manage/certification/<slug:slug>/", definition_views.pathway, name="manage-pathway"),
    path("teach/candidates/", pathway_views.candidates, name="teach-candidates"),
    path("teach/candidates/<uuid:id>/", pathway_views.candidate, name="teach-candidate"),
    path("teach/trainers/", trainer_views.register, name="trainers"),
    path("teach/trainers/file/", trainer_views.register_file, name="trainers-file"),
    path("teach/cascade/", cascade_views.cascade, name="cascade"),
    path("teach/cascade/file/", cascade_views.cascade_file, name="cascade-file"),
    path("trainers/", trainer_views.public, name="trainers-public"),
]
