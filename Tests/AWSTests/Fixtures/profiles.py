"""Writes profiles.json: what AWS's own library makes of profiles in the shared files.

    cd Tests/AWSTests/Fixtures
    ../../../.build/venv/bin/python profiles.py > profiles.json

botocore reads each case's files and follows the profile; what would go over the network, run a
command or open a browser is replaced by something that notes what was asked for. An expected value
is one line: `keys ID/SECRET/TOKEN`, `web ROLE FILE SESSION`, `role ROLE SESSION EXTERNAL DURATION
of` before its base, `container`, `instance`, `sso`, `login`, `process`, or `refused`.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import botocore.credentials as aws
import botocore.exceptions
import botocore.session

ROLE = "arn:aws:iam::123456789012:role/"
KEYS = "aws_access_key_id = {0}\naws_secret_access_key = {0}s\n"
SSO = "sso_account_id = 1\nsso_role_name = r\nsso_region = us-east-1\nsso_start_url = https://s\n"

# name, credentials, config, profile, environment
CASES = [
    ("keys of the credentials file", "[p]\n" + KEYS.format("A"), "", "p"),
    ("keys of the config file", "", "[profile p]\n" + KEYS.format("A"), "p"),
    ("the credentials file before the config file", "[p]\n" + KEYS.format("A"),
     "[profile p]\n" + KEYS.format("B"), "p"),
    ("a token beside the keys", "[p]\n" + KEYS.format("A") + "aws_session_token = t\n", "", "p"),
    ("a token of the other file is not for these keys", "[p]\n" + KEYS.format("A"),
     "[profile p]\naws_session_token = t\n", "p"),
    ("an id alone", "[p]\naws_access_key_id = A\n", "", "p"),
    ("keys split between the files", "[p]\naws_access_key_id = A\n",
     "[profile p]\naws_secret_access_key = s\n", "p"),
    ("no such profile", "[q]\n" + KEYS.format("A"), "", "p"),
    ("a section of the config file without its word", "", "[p]\n" + KEYS.format("A"), "p"),
    ("the default profile by either name", "", "[profile default]\n" + KEYS.format("A"), "default"),
    ("the default profile by its own", "", "[default]\n" + KEYS.format("A"), "default"),
    ("a quoted name", "", '[profile "a b"]\n' + KEYS.format("A"), "a b"),
    ("a name with a space in the credentials file", "[a b]\n" + KEYS.format("A"), "", "a b"),
    ("capitals in names, none in values changed",
     "[p]\nAWS_Access_Key_ID = Ab\nAWS_SECRET_ACCESS_KEY = Cd\n", "", "p"),
    ("signs in values", "[p]\naws_access_key_id=A\naws_secret_access_key=a=b#c;d/+\n", "", "p"),
    ("colons before values", "[p]\naws_access_key_id: A\naws_secret_access_key : s=x\n", "", "p"),
    ("colons and equals signs in values",
     "[p]\naws_access_key_id = A:b\naws_secret_access_key= s:=x\n", "", "p"),
    ("a token by its old name", "[p]\n" + KEYS.format("A") + "aws_security_token = t\n", "", "p"),
    ("a token by both of its names",
     "[p]\n" + KEYS.format("A") + "aws_session_token = u\naws_security_token = t\n", "", "p"),
    ("a comment behind a head", "[p] # c\naws_access_key_id = A\naws_secret_access_key = s\n", "", "p"),
    ("a head in single quotes, with tabs", "", "[profile\t'a b']\n" + KEYS.format("A"), "a b"),
    ("an empty token", "[p]\n" + KEYS.format("A") + "aws_session_token =\n", "", "p"),
    ("signs of other formats", '[p]\naws_access_key_id = "A%(x)s"\naws_secret_access_key = s%%\n', "", "p"),
    ("comments and blank lines",
     "# top\n[p]\n; one\naws_access_key_id = A\n\n  # two\naws_secret_access_key = s\n", "", "p"),
    ("line ends of Windows", "[p]\r\naws_access_key_id = A\r\naws_secret_access_key = s\r\n", "", "p"),
    ("an indented section", "[p]\n  aws_access_key_id = A\n  aws_secret_access_key = s\n", "", "p"),
    ("an indented head", "  [p]\n  aws_access_key_id = A\n  aws_secret_access_key = s\n", "", "p"),
    ("settings of others below an empty value", "",
     "[profile p]\ns3 =\n  aws_access_key_id = N\n  signature_version = s3v4\n" + KEYS.format("A"), "p"),
    ("settings of others that are indented themselves", "",
     "[profile p]\n s3 =\n  aws_access_key_id = N\n aws_access_key_id = A\n aws_secret_access_key = s\n",
     "p"),
    ("nothing but a region", "", "[profile p]\nregion = eu-west-1\n", "p"),
    ("a role by another profile", "[q]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\nrole_session_name = me\n"
     "external_id = x\nduration_seconds = 1200\n", "p"),
    ("a role by a role", "[c]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = b\n"
     f"[profile b]\nrole_arn = {ROLE}b\nsource_profile = c\n", "p"),
    ("a role before the profile's own keys", "[q]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n" + KEYS.format("B"), "p"),
    ("a source's keys before its role", "[c]\n" + KEYS.format("C"),
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = b\n"
     f"[profile b]\nrole_arn = {ROLE}b\nsource_profile = c\n" + KEYS.format("B"), "p"),
    ("itself as its source, with keys", "",
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = p\n" + KEYS.format("A"), "p"),
    ("itself as its source, without keys", "",
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = p\n", "p"),
    ("a loop", "", f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n"
     f"[profile q]\nrole_arn = {ROLE}q\nsource_profile = p\n", "p"),
    ("a loop to a profile with keys", "",
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n" + KEYS.format("A")
     + f"[profile q]\nrole_arn = {ROLE}q\nsource_profile = p\n", "p"),
    ("a source that is not there", "", f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n", "p"),
    ("a source without credentials", "",
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n[profile q]\nregion = r\n", "p"),
    ("a role without a source, in spite of keys", "",
     f"[profile p]\nrole_arn = {ROLE}p\n" + KEYS.format("A"), "p"),
    ("a role with two sources", "[q]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\ncredential_source = Environment\n", "p"),
    ("a role by the environment", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = Environment\n", "p",
     {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "Es", "AWS_SESSION_TOKEN": "Et"}),
    ("a role by an environment without keys", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = Environment\n", "p"),
    ("a role by the container", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = EcsContainer\n", "p",
     {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c"}),
    ("a role by a container that is none", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = EcsContainer\n", "p"),
    ("a role by the instance", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = Ec2InstanceMetadata\n", "p"),
    ("a role by what nobody knows", "",
     f"[profile p]\nrole_arn = {ROLE}p\ncredential_source = Moon\n", "p"),
    ("a web identity", "", f"[profile p]\nrole_arn = {ROLE}p\nweb_identity_token_file = /t\n"
     "role_session_name = me\n", "p"),
    ("a web identity before the profile's keys", "[p]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nweb_identity_token_file = /t\n", "p"),
    ("a web identity before a source", "[q]\n" + KEYS.format("A"),
     f"[profile p]\nrole_arn = {ROLE}p\nweb_identity_token_file = /t\nsource_profile = q\n", "p"),
    ("a web identity without a role", "[p]\n" + KEYS.format("A"),
     "[profile p]\nweb_identity_token_file = /t\n", "p"),
    ("a role by a web identity", "", f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n"
     f"[profile q]\nrole_arn = {ROLE}q\nweb_identity_token_file = /t\n", "p"),
    ("single sign-on before keys", "[p]\n" + KEYS.format("A"), "[profile p]\n" + SSO, "p"),
    ("keys before a session that is for tokens only", "[p]\n" + KEYS.format("A"),
     "[profile p]\nsso_session = s\n", "p"),
    ("a role by single sign-on", "", f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n"
     "[profile q]\n" + SSO, "p"),
    ("the credentials file's keys before a login", "[p]\n" + KEYS.format("A"),
     "[profile p]\nlogin_session = l\n", "p"),
    ("a login before the config file's keys", "",
     "[profile p]\nlogin_session = l\n" + KEYS.format("A"), "p"),
    ("the credentials file's keys before a process", "[p]\n" + KEYS.format("A"),
     "[profile p]\ncredential_process = /bin/keys\n", "p"),
    ("a process before the config file's keys", "",
     "[profile p]\ncredential_process = /bin/keys\n" + KEYS.format("A"), "p"),
    ("a role by a process", "", f"[profile p]\nrole_arn = {ROLE}p\nsource_profile = q\n"
     "[profile q]\ncredential_process = /bin/keys\n", "p"),
]


class Judge:
    """botocore with its outer ends replaced; `names` tells which keys stand for what."""

    def __init__(self):
        self.names = {}
        end = self.end
        aws._get_client_creator = lambda session, region: self.client
        aws.FileWebIdentityTokenLoader = lambda path: lambda: path
        aws.ContainerProvider.load = lambda p: (
            end("container") if "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" in os.environ else None
        )
        aws.InstanceMetadataProvider.load = lambda p: end("instance")
        aws.ProcessProvider.load = lambda p: p._credential_process and end("process")
        aws.SSOProvider.load = lambda p: p._load_sso_config() and end("sso")
        aws.LoginProvider.load = lambda p: (
            end("login") if "login_session" in self.profile(p) else None
        )

    @staticmethod
    def profile(provider):
        return provider._load_config().get("profiles", {}).get(provider._profile_name, {})

    def end(self, text):
        self.names[text] = text
        return aws.Credentials(text, "-")

    def client(self, service, **given):
        judge = self

        class Client:
            def assume_role(self, **asked):
                base = judge.shown(
                    given["aws_access_key_id"],
                    given["aws_secret_access_key"],
                    given.get("aws_session_token"),
                )
                parts = [asked["RoleArn"], session(asked), asked.get("ExternalId", "-"),
                         str(asked.get("DurationSeconds", "-"))]
                return answer(f"role {' '.join(parts)} of {base}")

            def assume_role_with_web_identity(self, **asked):
                parts = [asked["RoleArn"], asked["WebIdentityToken"], session(asked)]
                return answer(f"web {' '.join(parts)}")

        def session(asked):
            name = asked["RoleSessionName"]
            return "-" if name.startswith("botocore-session-") else name

        def answer(text):
            key = f"ASSUMED{len(judge.names)}"
            judge.names[key] = text
            return {"Credentials": {"AccessKeyId": key, "SecretAccessKey": "s", "SessionToken": "t",
                                    "Expiration": "2100-01-01T00:00:00Z"}}

        return Client()

    def shown(self, key, secret, token):
        return self.names.get(key) or f"keys {key}/{secret}/{token or '-'}"

    def judge(self, profile):
        session = botocore.session.Session(profile=profile)
        try:
            resolver = aws.create_credential_resolver(session)
            outside = (aws.ContainerProvider, aws.InstanceMetadataProvider, aws.OriginalEC2Provider,
                       aws.BotoProvider)
            resolver.providers = [p for p in resolver.providers if not isinstance(p, outside)]
            found = resolver.load_credentials()
            if found is None:
                return "refused"
            keys = found.get_frozen_credentials()
            return self.shown(keys.access_key, keys.secret_key, keys.token)
        except (botocore.exceptions.BotoCoreError, KeyError):
            return "refused"


def main():
    judge = Judge()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        credentials, config = Path(folder, "credentials"), Path(folder, "config")
        for name, credentials_text, config_text, profile, *rest in CASES:
            credentials.write_bytes(credentials_text.encode())
            config.write_bytes(config_text.encode())
            environment = rest[0] if rest else {}
            os.environ |= environment
            os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(credentials)
            os.environ["AWS_CONFIG_FILE"] = str(config)
            cases.append({
                "name": name, "credentials": credentials_text, "config": config_text,
                "profile": profile, "environment": environment, "expected": judge.judge(profile),
            })
            for variable in environment:
                del os.environ[variable]
    made = {"botocore": botocore.__version__, "cases": cases}
    json.dump(made, sys.stdout, indent=1)
    print()


main()
