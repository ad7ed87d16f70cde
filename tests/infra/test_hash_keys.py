import json


def test_the_secret_starts_with_one_generated_key_under_its_id(template):
    secret = template.properties("AWS::SecretsManager::Secret")

    generated = secret["GenerateSecretString"]
    assert json.loads(generated["SecretStringTemplate"]) == {}
    assert generated["GenerateStringKey"] == "default"
    assert generated["PasswordLength"] == 64


def test_the_keys_outlive_the_stack_in_production(prod):
    assert prod.only("AWS::SecretsManager::Secret")["DeletionPolicy"] == "Retain"


def test_scrub_object_is_told_where_the_keys_are(template):
    secret = template.logical_id("AWS::SecretsManager::Secret")

    function = template.properties("AWS::Lambda::Function", path="TasksScrubObject")
    assert function["Environment"]["Variables"]["HASH_KEYS_SECRET"] == {"Ref": secret}
