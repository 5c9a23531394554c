"""UserName left out means the caller, for the operations of IAM that say so.

botocore DeleteLoginProfileRequest.UserName: "This parameter is optional. If no user name is
included, it defaults to the principal making the request."
"""

from dataclasses import replace

from trailmend.lab.wire import Call, Refusal

# UserName narrows the answer of these, or another parameter names the thing.
_NO_DEFAULT = frozenset({"GetMFADevice"})


def with_default_user(call: Call) -> Call:
    """Put the name of the caller where it was left out; the record shows what was sent."""
    shape = call.operation.input_shape
    if call.service != "iam" or shape is None or "UserName" in call.parameters:
        return call
    optional = "UserName" in shape.members and "UserName" not in shape.required_members
    if not optional or call.name in _NO_DEFAULT:
        return call
    if call.caller.identity["type"] == "Root":
        raise Refusal("NotImplemented", "The lab keeps no credentials of the root user.", 501)
    if call.caller.user_name is None:
        sentence = "Must specify userName when calling with non-User credentials"
        raise Refusal("ValidationError", sentence)
    return replace(call, parameters={**call.parameters, "UserName": call.caller.user_name})
