"""Made-up content of any amount, to try with how a large site behaves.

words       what it is written with, in English and Japanese
writing     sentences and whole posts
population  who writes, what posts carry, and all that belongs to a post, row by row
"""
