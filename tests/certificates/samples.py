"""Certificate contents for the tests: one ordinary, from which the others are made by `dataclasses.replace`."""

from datetime import date

from certificates.pdf import CertificateContent

NUMBER = "KAL-2026-7F3K-9Q2M-XT41-9C"

ORDINARY = CertificateContent(
    language="fr",
    number=NUMBER,
    holder="Awa Ɲaɲɛ Dɔlɔ",
    title="Attestation – Les Règles en pratique",
    course_title="Les Règles en pratique",
    objectives=["Tenir un registre d'écrou complet", "Distinguer une sanction permise d'une sanction interdite"],
    issued=date(2026, 11, 24),
    expires=date(2028, 1, 1),
    minutes=270,
    verify_url=f"https://kalanso.example/fr/verify/{NUMBER}",
    letterhead=["République du Mali", "Ministère de la Justice", "Direction nationale"],
    motto="Un Peuple – Un But – Une Foi",
    issuer="Direction nationale",
    signatory="Mariam Coulibaly",
    signatory_title="Cheffe de la formation",
    place="Bamako",
)
