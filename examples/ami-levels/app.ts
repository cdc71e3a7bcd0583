import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AtlantisAmi, ComponentStep, ImageBase, ImageComponent, ImageLevel, ImageOs, TcpKeepalive } from '../../src';

const app = new App();
const stack = new Stack(app, 'ApiImages');
const releases = Bucket.fromBucketName(stack, 'Releases', 'acme-releases');

const common = new AtlantisAmi(stack, 'Common', {
  base: ImageBase.latest(ImageOs.UBUNTU_24_04),
  levels: [ImageLevel.common({ runUser: 'api', tcpKeepalive: TcpKeepalive.aurora() })],
});

const install = 'DEBIAN_FRONTEND=noninteractive apt-get --yes -o DPkg::Lock::Timeout=600 install --no-install-recommends';
const elixir = new AtlantisAmi(stack, 'Elixir', {
  base: ImageBase.golden(common),
  levels: [
    ImageLevel.of('elixir', [
      ImageComponent.inline('erlang-and-elixir', {
        buildSteps: [ComponentStep.bash('Install', ['apt-get update', `${install} erlang-base elixir`])],
        validateSteps: [ComponentStep.bash('Works', [`elixir -e 'IO.puts System.version' | grep --quiet '^1[.]'`])],
      }),
    ]),
  ],
});

const unit = `[Unit]
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
`;
const api = new AtlantisAmi(stack, 'Api', {
  base: ImageBase.golden(elixir),
  levels: [
    ImageLevel.of('api', [
      ImageComponent.inline(
        'api',
        {
          parameters: { release: { description: 'the release in the bucket' } },
          buildSteps: [
            ComponentStep.s3Download('Fetch', { source: 's3://acme-releases/api-{{ release }}.tar', destination: '/var/tmp/api.tar' }),
            ComponentStep.bash('Compile', [
              'rm --recursive --force /var/tmp/api',
              'mkdir --parents /var/tmp/api /opt/api/ebin',
              'tar --extract --no-same-owner --file /var/tmp/api.tar --directory /var/tmp/api',
              'elixirc -o /opt/api/ebin /var/tmp/api/lib/*.ex',
              'rm --recursive --force /var/tmp/api /var/tmp/api.tar',
            ]),
            ComponentStep.createFile('Unit', { path: '/etc/systemd/system/api.service', content: unit }),
            ComponentStep.bash('Enable', ['systemctl enable api.service']),
          ],
          validateSteps: [ComponentStep.bash('Compiled', ['test -s /opt/api/ebin/Elixir.Api.beam'])],
          testSteps: [
            ComponentStep.bash('Answers', ['curl --silent --fail --retry 30 --retry-delay 1 --retry-all-errors http://127.0.0.1:8080/']),
          ],
        },
        { parameters: { release: '1.2.3' } },
      ),
    ]),
  ],
});
releases.grantRead(api.builderRole);
