"""Quizzes: questions that explain every choice at once."""
