"""The dangerous half: a plan is carried out, settled, verified and taken back.

Nothing here talks to AWS itself: a client is given to it.  `sinks` and `rollbacks` reach the disk.
"""
