"""Explorers: a figure with controls that works live, on the website and on paper."""
