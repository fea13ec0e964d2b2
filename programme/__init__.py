"""The action programme: domains, strategic priorities, what each cell plans, trainings, actors, audiences, legal framework, dated facts.

Reference data, loaded from the curriculum folder; read by anybody above. No personal data.
"""
