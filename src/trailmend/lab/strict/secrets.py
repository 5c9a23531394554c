"""Secrets: absent ones, and ones that are to be deleted."""

from moto.secretsmanager.models import FakeSecret, ReplicaSecret, secretsmanager_backends

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction
from trailmend.lab.wire import Call, Refusal


def _secret(call: Call, name: str) -> FakeSecret | ReplicaSecret | None:
    return secretsmanager_backends[ACCOUNT_ID][call.region].secrets.get(name)


def _refuse_absent(call: Call, account: Account) -> None:
    is_forced = call.parameters.get("ForceDeleteWithoutRecovery")
    if _secret(call, call.parameters["SecretId"]) is None and not is_forced:
        sentence = "Secrets Manager can't find the specified secret."
        raise Refusal("ResourceNotFoundException", sentence)


def _refuse_deleted(call: Call, account: Account) -> None:
    _refuse_absent(call, account)
    secret = _secret(call, call.parameters["SecretId"])
    if secret is not None and secret.is_deleted():
        sentence = "You can't perform this operation on the secret because it was marked for "
        raise Refusal("InvalidRequestException", sentence + "deletion.")


def _refuse_taken_name(call: Call, account: Account) -> None:
    """Refuse the name of a secret to be deleted; moto refuses that of one that is there."""
    secret = _secret(call, call.parameters["Name"])
    if secret is not None and secret.is_deleted():
        sentence = "You can't create this secret because a secret with this name is already "
        raise Refusal("InvalidRequestException", sentence + "scheduled for deletion.")


_MARKED = 'botocore InvalidRequestException: "The secret is scheduled for deletion."'
CORRECTIONS = (
    Correction(
        "secretsmanager:CreateSecret",
        "a_secret_to_be_deleted_keeps_its_name_and_gives_nothing",
        _MARKED,
        _refuse_taken_name,
    ),
    *(
        Correction(
            f"secretsmanager:{name}",
            "a_secret_to_be_deleted_keeps_its_name_and_gives_nothing",
            _MARKED,
            _refuse_deleted,
        )
        for name in ("GetSecretValue", "PutSecretValue", "UpdateSecret")
    ),
    *(
        Correction(
            f"secretsmanager:{name}",
            "an_absent_secret_is_not_found_and_its_forced_deletion_succeeds",
            'botocore DeleteSecretRequest.ForceDeleteWithoutRecovery: "If you forcibly delete an '
            "already deleted or nonexistent secret, the operation does not return "
            'ResourceNotFoundException."',
            _refuse_absent,
        )
        for name in ("DescribeSecret", "DeleteSecret")
    ),
)
