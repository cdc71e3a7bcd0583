from aws_cdk import App, Stack
from aws_cdk.aws_s3 import Bucket
from cdk_atlantis import (
    AtlantisAmi,
    ComponentDocument,
    ComponentParameter,
    ComponentStep,
    ImageBase,
    ImageComponent,
    ImageLevel,
    ImageOs,
    TcpKeepalive,
)

app = App()
stack = Stack(app, "ApiImages")
releases = Bucket.from_bucket_name(stack, "Releases", "acme-releases")

common = AtlantisAmi(
    stack,
    "Common",
    base=ImageBase.latest(ImageOs.UBUNTU_24_04),
    levels=[ImageLevel.common(run_user="api", tcp_keepalive=TcpKeepalive.aurora())],
)

install = "DEBIAN_FRONTEND=noninteractive apt-get --yes -o DPkg::Lock::Timeout=600 install --no-install-recommends"
elixir = AtlantisAmi(
    stack,
    "Elixir",
    base=ImageBase.golden(common),
    levels=[
        ImageLevel.of(
            "elixir",
            [
                ImageComponent.inline(
                    "erlang-and-elixir",
                    ComponentDocument(
                        build_steps=[
                            ComponentStep.bash("Install", ["apt-get update", f"{install} erlang-base elixir"])
                        ],
                        validate_steps=[ComponentStep.bash("Works", ["elixir -e 'IO.puts System.version' | grep --quiet '^1[.]'"])],
                    ),
                )
            ],
        )
    ],
)

unit = """[Unit]
Description=The API
Wants=network-online.target
After=network-online.target

[Service]
User=api
Environment=HOME=/run/api LANG=C.UTF-8
RuntimeDirectory=api
ExecStart=/usr/bin/elixir -pa /opt/api/ebin -e 'Api.serve(8080)'
Restart=always
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes

[Install]
WantedBy=multi-user.target
"""
api = AtlantisAmi(
    stack,
    "Api",
    base=ImageBase.golden(elixir),
    levels=[
        ImageLevel.of(
            "api",
            [
                ImageComponent.inline(
                    "api",
                    ComponentDocument(
                        parameters={"release": ComponentParameter(description="the release in the bucket")},
                        build_steps=[
                            ComponentStep.s3_download(
                                "Fetch", source="s3://acme-releases/api-{{ release }}.tar", destination="/var/tmp/api.tar"
                            ),
                            ComponentStep.bash(
                                "Compile",
                                [
                                    "rm --recursive --force /var/tmp/api",
                                    "mkdir --parents /var/tmp/api /opt/api/ebin",
                                    "tar --extract --no-same-owner --file /var/tmp/api.tar --directory /var/tmp/api",
                                    "elixirc -o /opt/api/ebin /var/tmp/api/lib/*.ex",
                                    "rm --recursive --force /var/tmp/api /var/tmp/api.tar",
                                ],
                            ),
                            ComponentStep.create_file("Unit", path="/etc/systemd/system/api.service", content=unit),
                            ComponentStep.bash("Enable", ["systemctl enable api.service"]),
                        ],
                        validate_steps=[ComponentStep.bash("Compiled", ["test -s /opt/api/ebin/Elixir.Api.beam"])],
                        test_steps=[
                            ComponentStep.bash(
                                "Answers",
                                ["curl --silent --fail --retry 30 --retry-delay 1 --retry-all-errors http://127.0.0.1:8080/"],
                            )
                        ],
                    ),
                    parameters={"release": "1.2.3"},
                )
            ],
        )
    ],
)
releases.grant_read(api.builder_role)

app.synth()
