"""Slides: a chapter's questions and figures as one file that needs no network.

``nbconvert --to slides`` was looked at first: it loads reveal.js from another host, no pinned
package brings a copy of it, and it knows neither the explorers nor which answers to hide.
"""
