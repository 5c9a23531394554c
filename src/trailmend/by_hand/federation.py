"""The fixes of identity providers, instance profiles and versions by hand; see `by_hand`."""

from __future__ import annotations

from trailmend.catalog import Console

_READ = "2026-11-28"
_IAM = "AWS IAM User Guide (archive of June 2023)"
_UNCHECKED = "labels not checked on a live console"
_OIDC = f"{_IAM}, Creating OpenID Connect (OIDC) identity providers"
_SAML = f"{_IAM}, Creating IAM SAML identity providers"
_UNNAMED = "unchecked: the guide does not name the button"
_PROVIDER = (
    "Open the IAM console, choose Identity providers, then the name of the provider of the event."
)


def federation_by_hand() -> dict[str, Console]:
    """Give the steps by hand of each fix, under the fix's key."""
    return _of_oidc() | _of_saml() | _of_anywhere() | _of_others()


def _steps(title: str, source: str, *steps: str) -> Console:
    return Console(title, steps, f"{source}; {_UNCHECKED}", _READ)


def _of_oidc() -> dict[str, Console]:
    return {
        "oidc_providers.remove_oidc_provider": _steps(
            "Remove the OIDC provider",
            _OIDC,
            f"{_PROVIDER} Copy its audiences, thumbprints and tags.",
            "Under Identity providers select the check box next to it, and choose Delete.",
            "Type delete in the field, and choose Delete. Then look at the roles that name it.",
        ),
        "oidc_providers.take_audience_out": _steps(
            "Take the audience out",
            _OIDC,
            _PROVIDER,
            "Under Audiences select the audience of the event, then Actions, Remove audience.",
            "Read the warning, type remove in the field, and choose Remove. Leave the others.",
        ),
        "oidc_providers.restore_thumbprints": _steps(
            "Put the former thumbprints back",
            _OIDC,
            _PROVIDER,
            "Under Thumbprints choose Manage. Add thumbprint: those of `before` in the finding.",
            "Choose Remove next to those of the event, then Save changes.",
        ),
        "oidc_providers.restore_oidc_provider": _steps(
            "Put the former audiences and thumbprints back",
            _OIDC,
            _PROVIDER,
            "Under Audiences remove those that `before` of the deletion does not have, and add "
            "those that it has: Actions, Remove audience or Add audience.",
            "Under Thumbprints choose Manage, and set those of `before`, then Save changes.",
        ),
        "oidc_providers.recreate_oidc_provider": _steps(
            "Make the OIDC provider again",
            _OIDC,
            "Open the IAM console, choose Identity providers, then Add provider.",
            "Choose OpenID Connect; type the Provider URL as `before` of the finding has it.",
            "Choose Get thumbprint; type the first Audience, and choose Add provider.",
            "The other audiences: on its page under Audiences, Actions, Add audience.",
        ),
    }


def _of_saml() -> dict[str, Console]:
    return {
        "saml_providers.remove_saml_provider": _steps(
            "Remove the SAML provider",
            _SAML,
            f"{_PROVIDER} Keep its metadata document as a file, and copy its tags.",
            "Under Identity providers select it, choose Delete, and confirm.",
            "Then look at the roles that name it.",
        ),
        "saml_providers.restore_metadata": _steps(
            "Put the former metadata back",
            f"{_SAML}; {_UNNAMED}",
            "Get the metadata from your identity provider, and compare it with `before` of the "
            "finding.",
            _PROVIDER,
            "Put that file in the place of its metadata document.",
        ),
        "saml_providers.recreate_saml_provider": _steps(
            "Make the SAML provider again",
            _SAML,
            "Open the IAM console, choose Identity providers, then Add provider.",
            "Choose SAML, type the same name, and choose the metadata file of your identity "
            "provider.",
            "Choose Add provider. Where assertions were encrypted, give it its keys again.",
        ),
    }


def _of_anywhere() -> dict[str, Console]:
    where = "The console was not read: by the CLI, in the region of the event."

    def steps(title: str, operation: str, command: str, *more: str) -> Console:
        return _steps(title, f"botocore rolesanywhere {operation}", where, command, *more)

    return {
        "roles_anywhere.disable_anchor": steps(
            "Disable the trust anchor",
            "DisableTrustAnchor",
            "aws rolesanywhere disable-trust-anchor --trust-anchor-id ID.",
            "Sessions that were given go on: revoke those of the roles in the profiles.",
        ),
        "roles_anywhere.disable_profile": steps(
            "Disable the profile",
            "DisableProfile",
            "aws rolesanywhere disable-profile --profile-id ID.",
            "Sessions that were given go on: revoke those of its roles.",
        ),
        "roles_anywhere.enable_list": steps(
            "Enable the list again",
            "EnableCrl",
            "aws rolesanywhere enable-crl --crl-id ID.",
            "Compare it with the newest list of the certificate authority.",
        ),
    }


def _of_others() -> dict[str, Console]:
    return {
        "instance_profiles.take_role_out": _steps(
            "Take the role from the machines",
            f"{_IAM}, Using instance profiles; {_UNNAMED}",
            "The console shows no instance profiles: only the CLI takes a role out (aws iam "
            "remove-role-from-instance-profile --instance-profile-name PROFILE --role-name ROLE).",
            "From one machine: open the EC2 console, choose Instances, then the instance.",
            "Choose Actions, Security, Modify IAM role; choose another role, or none.",
        ),
        "instance_profiles.put_role_back": _steps(
            "Give the role to the machines again",
            f"{_IAM}, Using instance profiles; {_UNNAMED}",
            "The console shows no instance profiles: only the CLI puts a role in (aws iam "
            "add-role-to-instance-profile --instance-profile-name PROFILE --role-name ROLE).",
            "To one machine: open the EC2 console, choose Instances, then the instance.",
            "Choose Actions, Security, Modify IAM role; choose a profile that holds the role.",
        ),
        "policy_versions.delete_ready_version": _steps(
            "Delete the version that lies ready",
            f"{_IAM}, Versioning IAM policies",
            "Open the IAM console, choose Policies, and search for the policy of the event.",
            "Choose its name, then Policy versions; open the version of the event and copy it.",
            "Select it, where it is not the default, choose Delete, and confirm.",
        ),
    }
