"""Write src/trailmend/policies/aws_policies.json: AWS's own policies, as moto has them, judged."""

import json
import sys
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from trailmend.policies import grants, read_document


def main(target: Path) -> None:
    """Judge each policy and list its name under the verdict."""
    read: dict[str, list[str]] = {"yes": [], "unknown": [], "no": []}
    names = {True: "yes", None: "unknown", False: "no"}
    for name, policy in sorted(json.loads(aws_managed_policies_data).items()):
        read[names[grants(read_document(policy["Document"])).admin]].append(name)
    target.write_text(json.dumps(read, indent=0) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
