"""A strict fake AWS with a CloudTrail of its own, for the demo, the tests and practice.

Needs the `lab` extra: `pip install 'trailmend[lab]'`.
"""

from trailmend.lab.account import SeenCall
from trailmend.lab.faults import Fault
from trailmend.lab.identity import Credentials
from trailmend.lab.server import Lab, serve

__all__ = ["Credentials", "Fault", "Lab", "SeenCall", "serve"]
