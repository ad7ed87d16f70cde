from tests.local.lab import Lab


def test_iam_alone_decides_over_the_databases_of_the_template(lab: Lab) -> None:
    lake_formation = lab.client("lakeformation")
    resource = {"Database": {"Name": lab.stack.outputs["Database"]}}

    granted = lake_formation.list_permissions(Resource=resource)["PrincipalResourcePermissions"]

    (grant,) = [each for each in granted if "ALL" in each["Permissions"]]
    assert grant["Principal"] == {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def test_keeps_grants_and_locations(lab: Lab) -> None:
    lake_formation = lab.client("lakeformation")
    arn = f"arn:aws:s3:::{lab.bucket()}"
    role = {"DataLakePrincipalIdentifier": lab.role()}
    location = {"DataLocation": {"ResourceArn": arn}}

    lake_formation.register_resource(ResourceArn=arn, RoleArn=lab.role())
    lake_formation.grant_permissions(
        Principal=role, Resource=location, Permissions=["DATA_LOCATION_ACCESS"]
    )

    registered = lake_formation.list_resources()["ResourceInfoList"]
    (grant,) = lake_formation.list_permissions(Resource=location)["PrincipalResourcePermissions"]
    assert arn in [each["ResourceArn"] for each in registered]
    assert grant["Principal"] == role


def test_leaves_the_state_machines_alone(lab: Lab) -> None:
    lab.client("lakeformation").list_resources()

    machine = lab.client("stepfunctions").describe_state_machine(
        stateMachineArn=lab.stack.outputs["StateMachineArn"]
    )
    assert machine["status"] == "ACTIVE"
