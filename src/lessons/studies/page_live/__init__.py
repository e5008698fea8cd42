"""What chapter 10's page shows before the reader starts its Python: a text read, two trainings."""
