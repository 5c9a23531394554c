"""Every fix with an account that needs it, for the proofs that hold for all of them."""

from tests import (
    worlds,
    worlds_access_keys,
    worlds_login_profiles,
    worlds_mfa,
    worlds_principals,
    worlds_trails,
)

CASES = (
    worlds.CASES
    | worlds_login_profiles.CASES
    | worlds_mfa.CASES
    | worlds_access_keys.CASES
    | worlds_principals.CASES
    | worlds_trails.CASES
)
