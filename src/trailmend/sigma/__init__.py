"""Sigma rules of others, beside ours on the same tables.

`reading` gives a file's documents with places, `parsing` and `correlations` make rules of them by
pySigma, `sql` writes a rule as a statement, `dispatch` says which records it can hit, `correlating`
joins hits in time, `running` makes findings, `rulebook` keeps the rules of a workspace.
"""
