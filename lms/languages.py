"""Languages that Django does not know: declared in code, switched on by a setting; missing words fall back to French."""

EXTRA_LANG_INFO = {
    code: {"bidi": bidi, "code": code, "name": name, "name_local": local}
    for code, bidi, name, local in [
        ("bm", False, "Bambara", "Bamanankan"),
        ("ff", False, "Fulfulde", "Fulfulde"),
        ("ses", False, "Songhay", "Soŋay"),
        ("taq", False, "Tamasheq", "Tamasheq"),
        ("nqo", True, "N'Ko", "ߒߞߏ"),
    ]
}
