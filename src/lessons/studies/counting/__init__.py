"""Counting against a GPT as the text grows: the counting, and the record of both."""
