"""What is recorded is searched in CloudTrail Lake, shown on a dashboard, or copied into a store."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=tuple(
        f"cloudtrail.amazonaws.com:{name}"
        for name in (
            *("StartQuery", "CancelQuery", "CreateDashboard", "UpdateDashboard"),
            *("DeleteDashboard", "StartDashboardRefresh", "StartImport", "StopImport"),
        )
    ),
    family="trail",
    tier=3,
    information=(
        Claim(
            "StartQuery runs a sentence of SQL over a store of events; CancelQuery ends one that "
            "still runs.",
            "botocore cloudtrail StartQuery, CancelQuery",
        ),
        Claim(
            "What a query finds can be delivered to a bucket that its caller names.",
            "botocore cloudtrail StartQuery (DeliveryS3Uri)",
        ),
        Claim(
            "A dashboard is a set of saved queries, run again at each refresh; one with "
            "termination protection cannot be deleted.",
            "botocore cloudtrail CreateDashboard, StartDashboardRefresh, DeleteDashboard",
        ),
        Claim(
            "An import reads log files of a trail from their bucket into a store of events.",
            "botocore cloudtrail StartImport",
        ),
    ),
    silence=(
        "Housekeeping: nothing that is recorded changes or goes. To search the log is a reading, "
        "as LookupEvents is, and this catalog judges no readings. Who may search it is another "
        "page, PutResourcePolicy."
    ),
)
