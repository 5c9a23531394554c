"""The known roads from a policy to administrator: which actions together lead there.

Sources: pathfinding.cloud (DataDog, commit 84dd65c, 2025-12-17), Rhino Security Labs, "AWS IAM
Privilege Escalation"; the Identity Center roads follow from what its operations do (botocore
sso-admin, identitystore), and those by which other services take a role from theirs (botocore ecs,
emr-serverless); `passing` adds each action that takes a role.  A road says how far it leads by the
document alone:
sure: there is one wherever the account holds an administrator, a user, a role or a group;
else it depends on what the account holds: which roles its functions and instances have, whom
its roles trust, which old versions a policy has.  Then the verdict is None at best.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

ANY = "\ue000"
"""Stands in a name for one that no policy spells out."""


class Need(NamedTuple):
    """An action, by its name; `kind` is the IAM resource that it acts on, if it is one of these."""

    action: str
    kind: str = ""

    @property
    def key(self) -> str:
        """Give the action as policies are compared: in lower case."""
        return self.action.lower()


class Road(NamedTuple):
    """Actions that lead to administrator; `service` is to whom a role is passed."""

    needs: tuple[Need, ...]
    sure: bool = True
    service: str = ""

    def told(self, on: str) -> str:
        """Say the road, as `iam:PassRole on * with lambda:CreateFunction and ...`."""
        first, *others = (need.action for need in self.needs)
        return f"{first} on {on}" + (f" with {' and '.join(others)}" if others else "")


EVERYTHING = Road((Need(f"{ANY}:{ANY}"), Need(f"iam:{ANY}"), Need(f"sts:{ANY}")))
ALL_OF_IAM = Road((Need(f"iam:{ANY}"),))

_ON_ONE = """
    user   AttachUserPolicy PutUserPolicy CreateAccessKey CreateLoginProfile UpdateLoginProfile
    group  AttachGroupPolicy PutGroupPolicy AddUserToGroup
    role   AttachRolePolicy PutRolePolicy UpdateAssumeRolePolicy
    policy CreatePolicyVersion
"""
_ON_ONE_PERHAPS = """
    user          PutUserPermissionsBoundary DeleteUserPermissionsBoundary
    role          PutRolePermissionsBoundary DeleteRolePermissionsBoundary
    policy        SetDefaultPolicyVersion
    saml-provider UpdateSAMLProvider
"""
SELF_SUFFICES = frozenset(
    """
    iam:attachuserpolicy iam:putuserpolicy iam:deleteuserpermissionsboundary
    iam:putuserpermissionsboundary
    """.split()
)
"""What helps a user when the user may do it to itself."""

_PASSING = """
    apprunner      tasks.apprunner    CreateService
    autoscaling    ec2                CreateLaunchConfiguration CreateAutoScalingGroup
    batch          ecs-tasks          RegisterJobDefinition SubmitJob
    bedrock-agentcore bedrock-agentcore \
                                      CreateCodeInterpreter StartCodeInterpreterSession \
                                      InvokeCodeInterpreter
    cloudformation cloudformation     CreateStack
    cloudformation cloudformation     CreateStackSet CreateStackInstances
    cloudformation cloudformation     UpdateStackSet
    cloudformation cloudformation     CreateChangeSet ExecuteChangeSet
    codebuild      codebuild          CreateProject StartBuild
    codebuild      codebuild          CreateProject StartBuildBatch
    datapipeline   datapipeline       CreatePipeline PutPipelineDefinition ActivatePipeline
    ec2            ec2                RunInstances
    ec2            ec2                RequestSpotInstances
    ecs            ecs-tasks          RegisterTaskDefinition RunTask
    ecs            ecs-tasks          RegisterTaskDefinition StartTask
    ecs            ecs-tasks          RegisterTaskDefinition CreateService
    elasticmapreduce ec2              RunJobFlow
    emr-serverless emr-serverless     CreateApplication StartJobRun
    glue           glue               CreateDevEndpoint
    glue           glue               CreateJob StartJobRun
    glue           glue               CreateJob CreateTrigger
    glue           glue               UpdateJob StartJobRun
    glue           glue               UpdateJob CreateTrigger
    glue           glue               CreateSession RunStatement
    lambda         lambda             CreateFunction InvokeFunction
    lambda         lambda             CreateFunction CreateEventSourceMapping
    lambda         lambda             CreateFunction AddPermission
    sagemaker      sagemaker          CreateNotebookInstance
    sagemaker      sagemaker          CreateTrainingJob
    sagemaker      sagemaker          CreateProcessingJob
    scheduler      scheduler          CreateSchedule
    ssm            ssm                StartAutomationExecution
    states         states             CreateStateMachine StartExecution
"""
"""Service of the actions, service that the role is passed to (`.amazonaws.com` left out), actions:
a role may be passed to what the caller then makes work."""

_PERHAPS = """
    apprunner:UpdateService
    ecs:ExecuteCommand
    bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter
    cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
    cloudformation:UpdateStack
    codebuild:StartBuild
    codebuild:StartBuildBatch
    codebuild:UpdateProject
    ec2-instance-connect:SendSSHPublicKey
    ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
    ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances
    eks:CreateAccessEntry eks:AssociateAccessPolicy
    glue:UpdateDevEndpoint
    iam:DeleteSAMLProvider iam:CreateSAMLProvider
    iam:PassRole datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline
    identitystore:CreateGroupMembership
    lambda:UpdateFunctionCode
    lambda:UpdateFunctionConfiguration
    rolesanywhere:CreateTrustAnchor
    rolesanywhere:UpdateTrustAnchor
    sagemaker:CreatePresignedNotebookInstanceUrl
    sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance \
        sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance
    ssm:SendCommand
    ssm:StartSession
    sso-directory:AddMemberToGroup
    sso-directory:UpdatePassword
    sso:AttachCustomerManagedPolicyReferenceToPermissionSet sso:ProvisionPermissionSet
    sso:AttachManagedPolicyToPermissionSet sso:ProvisionPermissionSet
    sso:CreateAccountAssignment
    sso:PutInlinePolicyToPermissionSet sso:ProvisionPermissionSet
    states:UpdateStateMachine
    sts:AssumeRole
    sts:AssumeRoot
"""
"""What uses a role that something in the account has already, who is let in elsewhere, and services
that take a role for what they run later or by what is there."""


def _on_one(table: str, sure: bool) -> Iterator[Road]:
    for line in table.strip().splitlines():
        kind, *actions = line.split()
        for action in actions:
            yield Road((Need(f"iam:{action}", kind),), sure)


def _passing() -> Iterator[Road]:
    for line in _PASSING.strip().splitlines():
        prefix, service, *actions = line.split()
        others = tuple(Need(f"{prefix}:{action}") for action in actions)
        yield Road((Need("iam:PassRole", "role"), *others), True, f"{service}.amazonaws.com")


def _perhaps() -> Iterator[Road]:
    for line in _PERHAPS.strip().splitlines():
        yield Road(tuple(Need(action) for action in line.split()), sure=False)


ROADS = (
    *_on_one(_ON_ONE, sure=True),
    *_passing(),
    *_on_one(_ON_ONE_PERHAPS, sure=False),
    *_perhaps(),
)
