# What AWS gives no resource for. Everything else names what it acts on.
ON_EVERYTHING = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def _actions(statement):
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def _all_statements(template):
    for policy in template.resources("AWS::IAM::Policy"):
        yield from policy["Properties"]["PolicyDocument"]["Statement"]


def _granted(template, path):
    return {action for statement in template.statements(path) for action in _actions(statement)}


def test_no_role_has_a_managed_policy(template):
    for role in template.resources("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role["Properties"]


def test_no_action_has_a_wildcard(template):
    for statement in _all_statements(template):
        assert not [action for action in _actions(statement) if "*" in action]


def test_only_listed_actions_are_allowed_on_everything(template):
    wide = {
        action
        for statement in _all_statements(template)
        if statement["Resource"] == "*"
        for action in _actions(statement)
    }

    assert wide == ON_EVERYTHING


def test_only_eraser_and_sweeper_may_delete_and_only_by_version(template):
    deleting = {
        (name.partition("Role")[0], action)
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy"
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        for action in _actions(statement)
        if action.startswith("s3:Delete")
    }

    assert deleting == {
        ("TasksEraseVersion", "s3:DeleteObjectVersion"),
        ("SweeperSweepOverdue", "s3:DeleteObjectVersion"),
    }


def test_only_scrub_object_may_write_objects(template):
    writers = [
        name
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and "s3:PutObject" in str(resource)
    ]

    assert [name.startswith("TasksScrubObject") for name in writers] == [True]


def test_nobody_may_delete_from_the_ledger(template):
    assert "dynamodb:DeleteItem" not in template.to_text()


def test_machine_may_call_its_tasks_start_the_crawler_and_tell_of_rejections(template):
    granted = _granted(template, "OrchestrationRole") - ON_EVERYTHING

    assert granted == {"lambda:InvokeFunction", "glue:StartCrawler", "sns:Publish"}


def test_only_scrub_object_may_read_the_hash_keys(template):
    readers = [
        name
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and "secretsmanager:" in str(resource)
    ]

    assert [name.startswith("TasksScrubObject") for name in readers] == [True]


def test_the_data_key_is_used_by_way_of_s3_only(template):
    statements = [
        statement
        for statement in _all_statements(template)
        if any(action.startswith("kms:") for action in _actions(statement))
    ]

    assert statements
    assert all(
        "kms:ViaService" in statement["Condition"]["StringEquals"] for statement in statements
    )
