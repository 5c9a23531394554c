"""A strict fake AWS with a CloudTrail of its own, for the demo, the tests and practice.

Needs the `lab` extra: `pip install 'trailmend[lab]'`.

What is not as on AWS:

- Signatures are not checked. A key that exists and is active is believed.
- Of policies only the explicit denials of users, groups and roles are enforced, with the
  conditions of `trailmend.lab.evaluation` (MFA, the age of a session, who calls), and for the
  resources that a call names; trust policies are read without their conditions, bucket policies
  only for CloudTrail. `Lab.deny` forbids a user anything else.
- A denial holds at once, also when `Fault.LATE` hides it from reads; on AWS it takes seconds.
- Only virtual MFA devices; no credentials of the root user in IAM; one account and one partition.
- Organizations and Identity Center are moto's, corrected as far as fixes need it: an assignment
  comes and goes at once, to provision a set does nothing, policies of the organization deny
  nothing.
- Everything is recorded at once, written when asked, and found by LookupEvents without delay.
  GetTrailStatus tells of a delivery five minutes of the lab's clock after an event (the average
  of AWS), or at `Lab.deliver`. A log file that its bucket refuses is lost; AWS tries for 30 days.
  No digest files; encryption keys, topics and log groups of trails are not checked.
- Nothing is throttled, busy or late unless it is ordered (`Lab.fault`); only IAM can be late.
- S3 records name the bucket, its policy and its public access settings, nothing else.
  `resources` and `sharedEventID` are not recorded.
- Not checked against AWS, for want of published records: the names of errors outside IAM and
  CloudTrail, the sentence for a wrong old password, the sentences of DeleteConflict for keys,
  certificates and groups, of InvalidHomeRegionException and InvalidEventSelectorsException, the
  record of a throttled call, whether every UpdateTrail checks the bucket.
"""

from trailmend.lab.account import SeenCall
from trailmend.lab.faults import Fault
from trailmend.lab.identity import Credentials
from trailmend.lab.server import Lab, serve

__all__ = ["Credentials", "Fault", "Lab", "SeenCall", "serve"]
