from hypothesis import settings

# A busy machine is no failure of the code.
settings.register_profile("assessments", deadline=None)
settings.load_profile("assessments")
