"""From findings to a plan that may be applied: which fixes, what they propose, who lets it be.

`kept`, `decisions` and `exchange` reach the disk, the rest is pure.
"""
