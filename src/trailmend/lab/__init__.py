"""A strict fake AWS with a CloudTrail of its own, for the demo, the tests and practice.

Needs the `lab` extra: `pip install 'trailmend[lab]'`.

What is not as on AWS:

- Signatures are not checked. A key that exists and is active is believed.
- Of policies only explicit denials for all resources without a condition are enforced; trust
  policies are read without their conditions. `Lab.deny` forbids a user anything else.
- Only virtual MFA devices; no credentials of the root user in IAM; one account and one partition.
- Everything is recorded at once, delivered when asked, and found by LookupEvents without delay;
  nothing is throttled, busy or late unless it is ordered (`Lab.fault`). No digest files.
- S3 records name the bucket only. `resources` and `sharedEventID` are not recorded.
- Not checked against AWS, for want of published records: the names of errors outside IAM and
  CloudTrail, the sentence for a wrong old password, the sentences of DeleteConflict for keys,
  certificates and groups, the record of a throttled call.
"""

from trailmend.lab.account import SeenCall
from trailmend.lab.faults import Fault
from trailmend.lab.identity import Credentials
from trailmend.lab.server import Lab, serve

__all__ = ["Credentials", "Fault", "Lab", "SeenCall", "serve"]
