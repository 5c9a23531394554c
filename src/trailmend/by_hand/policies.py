"""The fixes of policies and boundaries by hand; see `by_hand`."""

from __future__ import annotations

from collections.abc import Callable

from trailmend.catalog import Console

_IAM = "AWS IAM User Guide (archive of June 2023)"
_POLICIES = f"{_IAM}, Adding and removing IAM identity permissions"


def policies_by_hand(steps: Callable[..., Console]) -> dict[str, Console]:
    """Give the steps by hand of each fix, made by `steps` of title, source and steps."""
    of_organizations = _of_organizations(steps) | _of_accounts(steps)
    return _of_policies(steps) | _of_bearers(steps) | of_organizations | _of_center(steps)


def _of_policies(steps: Callable[..., Console]) -> dict[str, Console]:
    versions = f"{_IAM}, Versioning IAM policies"
    policy = "Open the IAM console, choose Policies, and search for the policy of the event."
    return {
        "policies.detach_policy": steps(
            "Detach the policy",
            _POLICIES,
            policy,
            "Select it, choose Actions, then Detach.",
            "Select the one bearer of the event, and choose Detach policy.",
        ),
        "policies.attach_policy_again": steps(
            "Attach the policy again",
            _POLICIES,
            policy,
            "Select it, choose Actions, then Attach.",
            "Select the bearer of the event, and choose Attach policy.",
        ),
        "policies.restore_default_version": steps(
            "Set the former version as the default",
            versions,
            policy,
            "Choose its name, then Policy versions; open each version and read it.",
            "Select the one that was in force before, and choose Set as default.",
            "Delete none: the version of the event is evidence.",
        ),
        "policies.recreate_policy": steps(
            "Make the policy again",
            f"{_IAM}, Creating IAM policies (console)",
            "Take the document from `before` of the finding, or from CreatePolicy in the log.",
            "Open the IAM console, choose Policies, Create policy, then JSON; paste the document.",
            "Give it the same name and create it. One with a path is made by CLI.",
            "Attach it to those whom the detachments before the deletion name.",
        ),
    }


def _of_bearers(steps: Callable[..., Console]) -> dict[str, Console]:
    bearer = "Open the IAM console, choose Users, User groups or Roles, then the bearer's name."
    fence = "On Permissions open Permissions boundary"
    log = "Take the document from `before` of the finding, or from the last Put call in the log."
    return {
        "inline_policies.take_back_inline_policy": steps(
            "Take the inline policy back",
            _POLICIES,
            bearer,
            "On Permissions find the policy of the event, of the type Inline; copy its document.",
            "If `before` of the finding has the former document, choose Edit and paste that.",
            "Else select the policy, choose Remove, then confirm.",
        ),
        "inline_policies.restore_inline_policy": steps(
            "Write the inline policy again",
            _POLICIES,
            log,
            bearer,
            "On Permissions choose Add permissions, then Create inline policy. Choose JSON, "
            "paste the document, and give it the same name.",
        ),
        "boundaries.restore_boundary": steps(
            "Set the former boundary again",
            f"{_IAM}, Changing permissions for an IAM user",
            "Open the IAM console, choose Users or Roles, then the bearer's name.",
            f"{fence} and choose Set boundary, or Change boundary.",
            "Select the policy that `before` of the finding names, and confirm.",
        ),
        "boundaries.remove_boundary": steps(
            "Take the boundary off",
            f"{_IAM}, Changing permissions for an IAM user",
            "Open the IAM console, choose Users or Roles, then the bearer's name.",
            f"{fence}, choose Remove boundary, then Remove.",
            "Do it only where there was none before: without one all policies hold in full.",
        ),
    }


def _of_organizations(steps: Callable[..., Console]) -> dict[str, Console]:
    source = (
        "AWS Organizations User Guide (archive of June 2023), Attaching and detaching service "
        "control policies, Creating, updating, and deleting service control policies"
    )
    opened = "In the management account open AWS Organizations, choose Policies, then its type."
    return {
        "organization_policies.attach_again": steps(
            "Attach the policy again",
            source,
            opened,
            "Choose the policy of the event, then Targets, then Attach.",
            "Select the root, unit or account of the event, and choose Attach policy.",
        ),
        "organization_policies.detach": steps(
            "Detach the policy",
            source,
            opened,
            "Choose the policy of the event, then Targets.",
            "Select the root, unit or account of the event, choose Detach, and confirm.",
            "Undo: on the same page choose Attach.",
        ),
        "organization_policies.restore_content": steps(
            "Write the former text back",
            source,
            opened,
            "Choose the policy of the event, then Edit policy; keep a copy of its text.",
            "Paste the text of `before` of the finding, and save the changes.",
        ),
    }


def _of_accounts(steps: Callable[..., Console]) -> dict[str, Console]:
    guide = "AWS Organizations User Guide (archive of June 2023)"
    opened = "In the management account open AWS Organizations"
    return {
        "organization_policy_types.enable_type": steps(
            "Switch the type on and attach again",
            ", Enabling and disabling policy types, Attaching and detaching service control "
            "policies",
            f"{opened}, choose Policies, then the name of the type, then Enable.",
            "Choose each policy of the type, then Targets, then Attach: the root, the units and "
            "the accounts where it was.",
        ),
        "organization_accounts.move_back": steps(
            "Move the account back",
            f"{guide}, Managing organizational units (OUs)",
            f"{opened}, choose AWS accounts, and tick the account of the event.",
            "Under Actions, AWS account, choose Move; choose the unit of `before` in the finding, "
            "then Move AWS account.",
        ),
        "organization_accounts.deregister_administrator": steps(
            "Take the registration away",
            "botocore organizations DeregisterDelegatedAdministrator",
            "The console of Organizations has no page for it; those of some services have.",
            "In the management account, by the CLI: aws organizations "
            "deregister-delegated-administrator --account-id ACCOUNT --service-principal SERVICE.",
        ),
        "organization_accounts.register_administrator": steps(
            "Register the account again",
            "botocore organizations RegisterDelegatedAdministrator",
            "The console of Organizations has no page for it; those of some services have.",
            "In the management account, by the CLI: aws organizations "
            "register-delegated-administrator --account-id ACCOUNT --service-principal SERVICE.",
            "In the account look whether the service has its members and settings still.",
        ),
    }


def _of_center(steps: Callable[..., Console]) -> dict[str, Console]:
    source = "unchecked: no guide that was read shows these pages of IAM Identity Center"
    opened = "In the account that administers IAM Identity Center open it"
    chosen = f"{opened}, choose Permission sets, then the set."
    again = "Under AWS accounts select the accounts that have the set, and choose Update."
    return {
        "permission_sets.detach_from_set": steps(
            "Take the policy off the set",
            source,
            chosen,
            "On Permissions select the policy of the event, and choose Detach.",
            again,
        ),
        "permission_sets.take_back_inline_of_set": steps(
            "Take the inline policy back",
            source,
            chosen,
            "On Permissions, under Inline policy, choose Edit; keep a copy of what is there.",
            "Paste the document of `before` of the finding, or delete the policy.",
            again,
        ),
        "permission_sets.restore_boundary_of_set": steps(
            "Set the former boundary again",
            source,
            chosen,
            "On Permissions, under Permissions boundary, choose Edit.",
            "Choose the policy that `before` of the finding names, and save.",
            again,
        ),
        "directory_groups.remove_from_directory_group": steps(
            "Take the person out of the group",
            source,
            f"{opened}, choose Groups, then the group of the event.",
            "Select the person, and choose Remove users from group.",
            "Where a provider of identities is connected, change the group there instead.",
        ),
        "sso_applications.disable_application": steps(
            "Disable the application",
            "botocore sso-admin UpdateApplication",
            "The console was not read: by the CLI, in the account and the region of the event.",
            "aws sso-admin update-application --application-arn ARN --status DISABLED.",
            "End the sessions of the people whose tokens it had: that these end with it is not "
            "documented.",
        ),
        "account_assignments.delete_assignment": steps(
            "Take the account away",
            "AWS IAM Identity Center User Guide (archive of June 2023), Remove user and group "
            "access",
            f"{opened}, choose AWS accounts, then the name of the account of the event.",
            "Under Assigned users and groups select the person or group, choose Remove access, and "
            "confirm.",
            "Sessions that were begun go on for up to 12 hours: deny all actions where "
            "identitystore:UserId is the person's id, by a service control policy on the account.",
        ),
    }
