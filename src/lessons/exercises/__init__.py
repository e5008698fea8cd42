"""The exercises of the book, one module for each chapter that has any."""
