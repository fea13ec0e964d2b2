"""Questions, quizzes, attempts, grading.

Practice quizzes give immediate feedback; the final assessment is drawn by blueprint from the exam bank. Results go to `courses.services`.
"""
